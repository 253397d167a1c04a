/*
 * How the settings that an earlier version saved become those of today's. Node-RED's runtime and its
 * editor both read this file, so that a flow does the same whether it was opened in the editor or not.
 * A step fills in what is missing and never throws away what is there. A renamed setting must stay in
 * the dialog's defaults under its old name: the editor drops what it does not know before any script.
 */
(function (root, make) {
  if (typeof module === 'object' && module.exports) module.exports = make();
  else root.lipwireMigrations = make();
})(this, function () {
  /** What every node of a stage got with version 2. */
  const QUEUE = { queuePolicy: 'wait', queueLength: 10 };

  /** Where the value of a setting comes from: itself, until somebody chooses otherwise. */
  function typed(kind, settings) {
    return Object.fromEntries(settings.split(' ').map((setting) => [setting + 'Type', kind]));
  }

  /**
   * By type of node, each with the version that it leads to; in order. `add` fills in what is missing;
   * `asTexts` are flags that were true or false, and are text since, as typed inputs keep them.
   */
  const STEPS = {
    'lipwire-text-segment': [
      {
        to: 2,
        add: { ...QUEUE, ...typed('num', 'maxLength pause paragraphPause'), languageType: 'str' },
      },
      { to: 3, add: { ...typed('choice', 'split') } },
    ],
    'lipwire-tts': [
      {
        to: 2,
        add: {
          ...QUEUE,
          ...typed('num', 'rate pitch lead pause'),
          ...typed('str', 'language voice variant'),
        },
      },
      { to: 3, add: { ...typed('choice', 'engine') } },
    ],
    'lipwire-loudnorm': [
      { to: 2, add: { ...QUEUE, ...typed('num', 'integrated truePeak range') } },
      { to: 3, add: { ...typed('choice', 'preset') } },
    ],
    'lipwire-face-detect': [
      {
        to: 2,
        add: {
          ...QUEUE,
          interpolateFrames: 10,
          region: '',
          reference: '',
          box: '',
          resizeFactor: 1,
          rotate: '0',
          crop: '',
          ...typed('num', 'faceNumber padding minScore interpolateFrames resizeFactor'),
          ...typed('str', 'region reference box crop'),
        },
      },
      { to: 3, add: { ...typed('choice', 'detector select withoutFace rotate') } },
    ],
    'lipwire-wav2lip': [
      {
        to: 2,
        add: {
          ...QUEUE,
          blend: 'soft',
          silenceGate: 'true',
          pads: '0 10 0 0',
          smoothing: 'auto',
          static: 'false',
          whenShort: 'back-and-forth',
          frameCount: 'exact',
          precision: 'auto',
          batch: 0,
          ...typed('num', 'fps intensity offset batch'),
          padsType: 'str',
        },
      },
      {
        to: 3,
        add: {
          ...typed('choice', 'model blend smoothing whenShort frameCount precision'),
          ...typed('bool', 'blinks headMotion silenceGate static'),
        },
        asTexts: 'blinks headMotion silenceGate static'.split(' '),
      },
    ],
    'lipwire-stitch': [
      {
        to: 2,
        add: { ...QUEUE, onFailure: 'fail', ...typed('num', 'transitionLength width height fps') },
      },
      {
        to: 3,
        add: {
          ...typed('choice', 'transition fit quality onFailure'),
          ...typed('num', 'waitLimit'),
        },
      },
    ],
    'lipwire-hls-export': [
      { to: 2, add: { ...QUEUE, segmentLengthType: 'num', renditionsType: 'str' } },
      { to: 3, add: { ...typed('choice', 'container') } },
    ],
    'lipwire-studio': [{ to: 2, add: { queueLimit: 20000, timeLimit: 1, journal: 'off' } }],
  };

  /** The version that the settings of one of our types have today. */
  function currentVersion(type) {
    const steps = STEPS[type];
    return steps[steps.length - 1].to;
  }

  /**
   * What is to be changed in the settings of a node: nothing where they are of today, or of a later
   * version, or the type is not ours. Settings without a version are older than all.
   */
  function changes(type, settings) {
    const changed = {};
    if (!STEPS[type]) return changed;
    const version = Number(settings.version) || 0;
    for (const { to, add, asTexts = [] } of STEPS[type]) {
      if (to <= version) continue;
      for (const name of asTexts) {
        if (typeof settings[name] === 'boolean') changed[name] = String(settings[name]);
      }
      for (const [name, value] of Object.entries(add)) {
        if (settings[name] === undefined && changed[name] === undefined) changed[name] = value;
      }
    }
    if (version < currentVersion(type)) changed.version = currentVersion(type);
    return changed;
  }

  return { STEPS, currentVersion, changes };
});
