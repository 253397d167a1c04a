/** The whole generated corpus, save for messages (see run-messages.ts). */
import type { CorpusCase } from './corpus-case';
import { imageCases } from './images';
import { checkpointCases, onnxCases } from './models';
import { soundCases } from './sounds';
import { svgCases } from './svgs';
import { textCases } from './texts';
import { videoCases } from './videos';

export function corpus(): CorpusCase[] {
  return [
    ...soundCases(),
    ...imageCases(),
    ...svgCases(),
    ...videoCases(),
    ...textCases(),
    ...checkpointCases(),
    ...onnxCases(),
  ];
}
