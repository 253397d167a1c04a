/** What `lipwire help` prints. */
export const HELP = `lipwire: text and a face to a talking-head video

  lipwire render --text TEXT | --audio FILE [--face FILE] --out FILE.mp4
    --text TEXT        what is said
    --audio FILE       or: a sound file with speech
    --face FILE        portrait: a photo, painting or drawing; the built-in avatar when left out
    --out FILE.mp4     the video; an existing file is replaced
    --hls FOLDER       an HLS stream as well; the folder must be new or empty
    --model NAME       lip-sync engine: auto (the default), builtin, or a Wav2Lip model that you
                       brought: wav2lip_gan, wav2lip, wav2lip_256 or a name of your own
    --accept-non-commercial
                       your use is within the licence of models for research and personal use
    --voice NAME       see: lipwire voices
    --language TAG     language of the text, for example en-GB or ar
    --allow-web        FILE of --face and --audio may be an address (http: or https:) of the internet
    --time-limit NUMBER
                       multiplies the time that each step may take (1 when left out; 0: no limit)
    --max-seconds N, --max-pixels N, --max-bytes N
                       longest sound or video, largest picture, largest picture or downloaded file
                       (14400, 100000000 and 268435456 when left out)
    --fps NUMBER       frames a second; the video’s own, or 25, when left out
    --json             print one JSON object about the result
  lipwire voices [--language TAG] [--json]
  lipwire models list [--json]
  lipwire models pull NAME | add FILE | verify [NAME] | remove NAME [--json]
                       networks for lip-sync that you bring yourself, with their licences;
                       kept in LIPWIRE_MODELS, or else in your cache folder
  lipwire doctor [--accept-non-commercial] [--json]
                       all that is needed, with a tick or a cross, and what to do
  lipwire slim [--yes] [--json]
                       what this machine never loads of the installed packages, such as libraries of
                       other systems; --yes deletes it
  lipwire help | --version

  All commands but slim take --workspace FOLDER: where work is kept, so that none is done twice.

Exit codes: 0 done, 1 failed (the reason is one sentence), 2 wrong usage, 130 cancelled.
`;
