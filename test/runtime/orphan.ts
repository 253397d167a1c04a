/** A process of its own with a studio, for a test that kills it: runs a job that starts a process. */
import { say, ttsParameters } from './worker/support';
import { testStudio } from './support';

const [, , workspace = '', note = ''] = process.argv;
void testStudio(workspace).run('tts', say(`grandchild:${note}`), ttsParameters());
