/** Japanese: signs become words, digits stay digits. */
import { after, one, scalesOf } from './counting';
import { regex, type Language, type Rule } from './language';

const japaneseRules: Rule[] = [
  [regex('(?<![\\p{Script=Latin}])[Nn]o\\.\\s?(\\d+)'), ([, number]) => `ナンバー${number}`],
  [regex('(?<![\\p{L}\\p{N}])(\\d{3}0)s(?![\\p{L}\\p{N}])'), ([, tens]) => `${tens}年代`],
];

export const japanese: Language = {
  rules: japaneseRules,
  money: after(
    { USD: 'ドル', EUR: 'ユーロ', GBP: 'ポンド', JPY: '円', INR: 'ルピー' },
    scalesOf(['万', '億', '兆']),
  ),
  date: (day, month, year) => `${year === undefined ? '' : `${year}年`}${month}月${day}日`,
  dayFirst: () => false,
  clock: (hour, minute) => `${hour}時${minute ? `${minute}分` : ''}`,
  units: one({
    ...{
      'km/h': 'キロメートル毎時',
      'm/s': 'メートル毎秒',
      kg: 'キログラム',
      g: 'グラム',
      mg: 'ミリグラム',
    },
    ...{
      km: 'キロメートル',
      m: 'メートル',
      cm: 'センチメートル',
      mm: 'ミリメートル',
      l: 'リットル',
    },
    ...{
      ml: 'ミリリットル',
      '°C': '度',
      '℃': '度',
      '°': '度',
      kWh: 'キロワット時',
      W: 'ワット',
      GB: 'ギガバイト',
    },
    ...{
      MB: 'メガバイト',
      Hz: 'ヘルツ',
      dB: 'デシベル',
      'm²': '平方メートル',
      '㎡': '平方メートル',
    },
  }),
  fraction: (above, below) => `${below}分の${above}`,
  point: '点',
  version: 'バージョン',
  percent: (number) => `${number}パーセント`,
  always: '24時間年中無休',
  plus: 'プラス',
  and: 'と',
};
