import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import {
  isPublicAddress,
  PUBLIC_WEB,
  RefusedAddress,
  webAddress,
  isOwnNetwork,
} from '../../src/net/rules';

const LOCAL = [
  '0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254',
  '172.16.0.1 172.31.255.255 192.168.0.1 192.0.0.192 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.9',
  '224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 100.100.100.200 168.63.129.16',
  ':: ::1 fe80::1 fe80::1%2 febf::1 fc00::1 fd00:ec2::254 fec0::1 ff02::1 ff0e::1',
  '::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:7f00:1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1',
  '2002:7f00:1:: 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:db8::1 100::1 3fff::1 4000::1',
].flatMap((line) => line.split(' '));
const PUBLIC = [
  '1.1.1.1 8.8.8.8 11.0.0.1 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1 169.253.1.1',
  '172.15.255.255 172.32.0.1 192.167.1.1 192.169.0.1 223.255.255.255 2606:4700::1111 2a00:1450::1',
  '2001:4860:4860::8888',
].flatMap((line) => line.split(' '));

describe('an address of the public internet', () => {
  for (const address of LOCAL) {
    it(`is not ${address}`, () => assert.equal(isPublicAddress(address), false));
  }
  it('is what is given out worldwide', () => {
    for (const address of PUBLIC) assert.equal(isPublicAddress(address), true, address);
    for (const text of ['', 'localhost', '1.2.3', '[2606:4700::1111]']) {
      assert.equal(isPublicAddress(text), false, text);
    }
  });
});

describe('an address of a network that this machine is in', () => {
  const own = [
    { address: '2a02:810:1:2::7', cidr: '2a02:810:1:2::7/64' },
    { address: 'fe80::7', cidr: 'fe80::7/64' },
    { address: '198.35.26.96', cidr: '198.35.26.96/24' },
    { address: '8.8.4.4', cidr: '8.8.4.4/0' },
    { address: '9.9.9.9', cidr: null },
  ];

  it('is its own, and its neighbours’, also where they are public', () => {
    for (const address of ['2a02:810:1:2::7', '2a02:810:1:2::1', '2a02:810:1:2:ffff::1%eth0']) {
      assert.equal(isOwnNetwork(address, own), true, address);
    }
    for (const address of ['198.35.26.96', '198.35.26.1', '8.8.4.4', '9.9.9.9']) {
      assert.equal(isOwnNetwork(address, own), true, address);
    }
    for (const { address } of Object.values(networkInterfaces()).flatMap((each) => each ?? [])) {
      assert.equal(isOwnNetwork(address), true, address);
    }
  });

  it('is none of the networks beside them, however large an interface says its own is', () => {
    for (const address of ['2a02:810:1:3::1', '198.35.27.1', '8.8.8.8', '1.1.1.1']) {
      assert.equal(isOwnNetwork(address, own), false, address);
    }
    assert.equal(isOwnNetwork('1.1.1.1', []), false);
  });
});

describe('a web address that is given for a file', () => {
  it('is http or https on the ports of the web', () => {
    for (const text of [
      'http://example.org/a.png',
      'https://example.org:443/',
      'HTTP://1.1.1.1:80',
    ]) {
      webAddress(text, PUBLIC_WEB);
    }
  });

  for (const text of [
    'ftp://example.org/a',
    'file:///etc/passwd',
    'data:image/png;base64,AA',
    'https://user@example.org/a',
    'https://user:secret@example.org/a',
    'http://example.org:22/a',
    'https://example.org:8443/a',
    'http://127.0.0.1/a',
    'http://127.1/a',
    'http://2130706433/a',
    'http://0x7f000001/a',
    'http://0177.0.0.1/a',
    'http://0/a',
    'http://[::1]/a',
    'http://[::ffff:127.0.0.1]/a',
    'http://[fe80::1]/a',
    'http://169.254.169.254/latest/meta-data/',
    'https:///',
    'http://',
    'a.png',
  ]) {
    it(`is not ${text}`, () => {
      assert.throws(() => webAddress(text, PUBLIC_WEB), RefusedAddress);
    });
  }

  it('does not lead on to http, or to a private network', () => {
    const base = new URL('https://example.org/a/b');
    assert.equal(webAddress('../c.png', PUBLIC_WEB, base).href, 'https://example.org/c.png');
    for (const to of [
      'http://example.org/',
      '//10.0.0.1/',
      'https://x:y@example.org/',
      '//a:99/',
    ]) {
      assert.throws(() => webAddress(to, PUBLIC_WEB, base), RefusedAddress, to);
    }
  });
});
