import assert from 'node:assert/strict';
import { parseAddress, redirectTarget } from '../../../src/ml/store/download';

const HTTPS = new URL('https://example.org/a/file.pth');
const HERE = new URL('http://127.0.0.1:1234/file.pth');

describe('addresses of models', () => {
  it('are https, or http on this machine', () => {
    const good = [
      'https://example.org/a',
      'http://127.0.0.1:80/a',
      'http://[::1]/a',
      'http://localhost/',
    ];
    for (const text of [...good, 'http://127.1/a', 'HTTPS://EXAMPLE.ORG']) parseAddress(text);
  });

  for (const text of [
    'http://example.org/a',
    'http://127.0.0.1.example.org/a',
    'http://10.0.0.1/a',
    'http://0.0.0.0/a',
    'ftp://example.org/a',
    'file:///etc/passwd',
    'data:,x',
    'javascript:1',
    'https://user:secret@example.org/a',
    '//example.org/a',
    'example.org',
    '',
  ]) {
    it(`are not: ${text || 'nothing'}`, () => {
      assert.throws(() => parseAddress(text));
    });
  }

  it('may be redirected within https, and relatively', () => {
    assert.equal(redirectTarget(HTTPS, '../b').href, 'https://example.org/b');
    assert.equal(redirectTarget(HTTPS, '//cdn.example.org/b').href, 'https://cdn.example.org/b');
    assert.equal(redirectTarget(HERE, '/b').href, 'http://127.0.0.1:1234/b');
    assert.equal(redirectTarget(HERE, 'https://example.org/b').protocol, 'https:');
  });

  it('are never redirected from the network into a private one, however that is written', () => {
    for (const host of [
      'localhost.',
      'a.localhost',
      'printer.local',
      '0.0.0.0',
      '2130706433',
      '0x7f.1',
      '10.1.2.3',
      '172.31.0.1',
      '192.168.1.1',
      '169.254.169.254',
      '[::]',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[::ffff:192.168.1.1]',
      '[fd00::1]',
      '[fe80::1]',
    ]) {
      const to = `https://${host}/a`;
      assert.throws(() => redirectTarget(HTTPS, to), /this machine or a private network/, host);
      assert.doesNotThrow(() => redirectTarget(HERE, to), host);
    }
    for (const host of ['172.32.0.1', '11.0.0.1', '[2606:4700::1]', 'local.example.org']) {
      assert.doesNotThrow(() => redirectTarget(HTTPS, `https://${host}/a`), host);
    }
  });

  it('are never redirected from https to http or to this machine', () => {
    for (const to of [
      'http://example.org/a',
      'http://127.0.0.1/a',
      'https://localhost/a',
      'file:///a',
      undefined,
    ]) {
      assert.throws(() => redirectTarget(HTTPS, to), /redirects|not https/);
    }
  });
});
