/** SVG pictures that load, grow, nest or loop. */
import { deflateSync } from 'node:zlib';
import type { CorpusCase, Outcome } from './corpus-case';
import { image, png, SOME } from './images';

const SVG = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"';
const svg = (inside: string, size = 'width="200" height="200"'): string =>
  `<svg ${SVG} ${size}>${inside}</svg>`;

export function svgCases(): CorpusCase[] {
  const file = 'picture.svg';
  const of = (
    name: string,
    expect: Outcome | readonly Outcome[],
    text: string,
    isHeavy = false,
  ): CorpusCase => image(`an SVG ${name}`, expect, text, file, isHeavy);
  const laughs = Array.from(
    { length: 9 },
    (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`,
  ).join('');
  const uses = Array.from(
    { length: 12 },
    (_, i) => `<g id="g${i + 1}">${`<use xlink:href="#g${i}"/>`.repeat(10)}</g>`,
  ).join('');
  return [
    of('without a size', SOME, svg('<rect width="9" height="9"/>', '')),
    of('of no width', SOME, svg('', 'width="0" height="100"')),
    of('of a negative width', SOME, svg('', 'width="-5" height="100"')),
    of('of 10⁹ pixels a side', 'E_INPUT', svg('', 'width="1000000000" height="1000000000"')),
    of('of 10³⁰⁰ pixels a side', SOME, svg('', 'width="1e300" height="1e300"')),
    of('of NaN pixels', SOME, svg('', 'width="NaN" height="NaN"')),
    of('of 1×100,000 units', SOME, svg('', 'width="1" height="100000"')),
    of('of a millionth of a unit', SOME, svg('', 'width="0.000001" height="0.000001"')),
    of('with a view box of nothing', SOME, svg('', 'viewBox="0 0 0 0"')),
    of(
      'with entities that grow a billionfold',
      SOME,
      `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY l0 "ha">${laughs}]>${svg('<text>&l9;</text>')}`,
    ),
    of(
      'with an entity that is a file',
      SOME,
      `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>${svg('<text>&x;</text>')}`,
    ),
    of(
      'with an entity that contains itself',
      SOME,
      `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x "&x;">]>${svg('<text>&x;</text>')}`,
    ),
    of(
      'with shapes that are used a billionfold',
      SOME,
      svg(`<g id="g0"><rect width="1" height="1"/></g>${uses}<use xlink:href="#g12"/>`),
      true,
    ),
    of('that uses itself', SOME, svg('<g id="a"><use xlink:href="#a"/></g><use xlink:href="#a"/>')),
    of(
      'whose pattern is made of itself',
      SOME,
      svg(
        '<pattern id="p" width="1" height="1"><rect width="9" height="9" fill="url(#p)"/></pattern><rect width="99" height="99" fill="url(#p)"/>',
      ),
    ),
    of(
      'with a blur of a million pixels',
      SOME,
      svg(
        '<filter id="f"><feGaussianBlur stdDeviation="1000000"/></filter><rect width="99" height="99" filter="url(#f)"/>',
      ),
    ),
    of(
      'with noise of 255 octaves',
      SOME,
      svg(
        '<filter id="f"><feTurbulence baseFrequency="9" numOctaves="255"/></filter><rect width="99" height="99" filter="url(#f)"/>',
      ),
      true,
    ),
    of('with a script', SOME, svg('<script>while(true);</script><rect width="9" height="9"/>')),
    of(
      'with a picture from the web',
      SOME,
      svg('<image xlink:href="http://127.0.0.1:9/x.png" width="9" height="9"/>'),
    ),
    of(
      'with a picture of the machine',
      SOME,
      svg('<image xlink:href="file:///etc/passwd" width="9" height="9"/>'),
    ),
    of(
      'with itself as a picture',
      SOME,
      svg('<image xlink:href="picture.svg" width="9" height="9"/>'),
    ),
    of(
      'with a PNG bomb inside',
      SOME,
      svg(
        `<image width="9" height="9" xlink:href="data:image/png;base64,${png({ width: 20_000, height: 20_000, data: deflateSync(Buffer.alloc(9)) }).toString('base64')}"/>`,
      ),
    ),
    of(
      'nested 5,000 deep',
      SOME,
      svg(`${'<g>'.repeat(5000)}<rect width="9" height="9"/>${'</g>'.repeat(5000)}`),
    ),
    of('nested 500,000 deep', SOME, svg(`${'<g>'.repeat(500_000)}${'</g>'.repeat(500_000)}`)),
    of(
      'with a path of 300,000 points',
      SOME,
      svg(`<path d="M0 0${' L9 9 1 2'.repeat(100_000)}"/>`),
      true,
    ),
    of(
      'with a path of no end',
      SOME,
      svg(
        `<path d="M0 0 L1e308 1e308 ${'-1e308 '.repeat(50)}" stroke="red" stroke-dasharray="1e-9"/>`,
      ),
      true,
    ),
    of(
      'with a dash of a billionth',
      SOME,
      svg('<path d="M0 0 L200 200" stroke="red" stroke-dasharray="0.000000001"/>'),
      true,
    ),
    of(
      'with a style sheet from elsewhere',
      SOME,
      `<?xml-stylesheet href="file:///etc/passwd"?>${svg('<style>@import url("http://127.0.0.1:9/a.css");</style>')}`,
    ),
    of('that is cut off', SOME, svg('<rect').slice(0, -8)),
    of('in UTF-16 that is not', SOME, `<?xml version="1.0" encoding="UTF-16"?>${svg('')}`),
    of('with control characters', SOME, svg('<text>\x01\x02</text>')),
    of(
      'with HTML inside',
      SOME,
      svg(
        '<foreignObject width="99" height="99"><iframe xmlns="http://www.w3.org/1999/xhtml" src="/etc/passwd"/></foreignObject>',
      ),
    ),
  ];
}
