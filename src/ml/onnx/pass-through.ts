import { writeModel } from './writer';

/** A network of one node, which gives what it is given: to try whether anything runs at all. */
export function passThrough(): Buffer {
  const [x, y] = ['x', 'y'].map((name) => ({ name, shape: [1] }));
  const nodes = [{ operator: 'Identity', inputs: ['x'], outputs: ['y'] }];
  return writeModel({ name: 'nothing', inputs: [x], outputs: [y], constants: [], nodes });
}
