/** Chinese: signs become words, digits stay digits but for years. */
import { after, one, scalesOf } from './counting';
import { regex, type Language, type Rule } from './language';

const HAN_DIGITS = '〇一二三四五六七八九';

const chineseRules: Rule[] = [
  // Years are read digit by digit.
  [regex('(?<!\\d)(\\d{4})(?=年)'), ([, year]) => hanYear(Number(year))],
  [regex('(?<![\\p{Script=Latin}])[Nn]o\\.\\s?(\\d+)'), ([, number]) => `${number}号`],
  [
    regex('(?<![\\p{L}\\p{N}])(\\d{3}0)s(?![\\p{L}\\p{N}])'),
    ([, tens]) => `${hanYear(Number(tens))}年代`,
  ],
];

function hanYear(year: number): string {
  return [...String(year)].map((digit) => HAN_DIGITS.charAt(Number(digit))).join('');
}

export const chinese: Language = {
  rules: chineseRules,
  money: after(
    { USD: '美元', EUR: '欧元', GBP: '英镑', JPY: '元', INR: '卢比' },
    scalesOf(['万', '亿', '万亿']),
  ),
  date: (day, month, year) => `${year === undefined ? '' : `${hanYear(year)}年`}${month}月${day}日`,
  dayFirst: () => false,
  clock: (hour, minute) => `${hour}点${minute ? `${minute}分` : ''}`,
  units: one({
    ...{
      'km/h': '公里每小时',
      'm/s': '米每秒',
      kg: '公斤',
      g: '克',
      mg: '毫克',
      km: '公里',
      m: '米',
    },
    ...{ cm: '厘米', mm: '毫米', l: '升', ml: '毫升', '°C': '摄氏度', '℃': '摄氏度', '°': '度' },
    ...{
      kWh: '千瓦时',
      W: '瓦',
      GB: '吉字节',
      MB: '兆字节',
      Hz: '赫兹',
      dB: '分贝',
      'm²': '平方米',
      '㎡': '平方米',
    },
  }),
  fraction: (above, below) => `${below}分之${above}`,
  point: '点',
  version: '版本',
  percent: (number) => `百分之${number}`,
  always: '全天候',
  plus: '加',
  and: '又',
};
