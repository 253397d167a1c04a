import assert from 'node:assert/strict';
import { parseAddress, redirectTarget } from '../../../src/models/store/download/addresses';

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
