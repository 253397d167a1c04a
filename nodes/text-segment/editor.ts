/** The dialog of text-segment: nothing but its settings. */
import { registerStage } from '../shared/editor/dialog';

registerStage('text-segment');
