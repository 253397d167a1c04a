import assert from 'node:assert/strict';
import { reachable } from '../../nodes/shared/flows';

describe('What a message can reach', () => {
  const reach = (flows: Parameters<typeof reachable>[0], from: string): string =>
    [...reachable(flows, from)].sort().join(' ');

  it('follows wires, also in circles, and never goes back', () => {
    const flows = [
      { id: 'a', type: 'x', wires: [['b'], ['c']] },
      { id: 'b', type: 'x', wires: [['c']] },
      { id: 'c', type: 'x', wires: [['b']] },
      { id: 'd', type: 'x', wires: [['a']] },
    ];
    assert.equal(reach(flows, 'a'), 'b c');
    assert.equal(reach(flows, 'd'), 'a b c');
    assert.equal(reach(flows, 'nobody'), '');
  });

  it('follows links, and calls of links', () => {
    const flows = [
      { id: 'a', type: 'x', wires: [['out', 'call']] },
      { id: 'out', type: 'link out', mode: 'link', links: ['in'] },
      { id: 'in', type: 'link in', wires: [['b']] },
      { id: 'call', type: 'link call', links: ['called'], wires: [['c']] },
      { id: 'called', type: 'link in', wires: [['d']] },
      { id: 'return', type: 'link out', mode: 'return', links: ['in'] },
    ];
    assert.equal(reach(flows, 'a'), 'b c call called d in out');
    assert.equal(reach(flows, 'return'), '');
  });

  it('goes into subflows and out of them', () => {
    const flows = [
      {
        id: 'template',
        type: 'subflow',
        in: [{ x: 1, y: 1, wires: [{ id: 'inner' }] }],
        out: [{ x: 1, y: 1, wires: [{ id: 'last', port: 0 }] }],
      },
      { id: 'inner', type: 'x', z: 'template', wires: [['last']] },
      { id: 'last', type: 'x', z: 'template', wires: [[]] },
      { id: 'a', type: 'x', wires: [['instance']] },
      { id: 'instance', type: 'subflow:template', wires: [['b']] },
      { id: 'b', type: 'x', wires: [] },
    ];
    assert.equal(reach(flows, 'a'), 'b inner instance last');
    assert.equal(reach(flows, 'inner'), 'b last');
  });

  it('takes a flow file for what it is, whatever is in it', () => {
    const odd = [{ id: 'a', type: 'x', wires: [null, 7, [['b']], { wires: 'c' }] }] as never;
    assert.equal(reach(odd, 'a'), 'b c');
  });
});
