/** How Japanese, Chinese and Arabic share their tables: one name a unit, money behind its number. */
import type { Amount, Language, Units } from './language';

type Names = Readonly<Record<Amount['currency'], string>>;

/** `after` the number stands the currency; hundredths as decimals. */
export function after(
  names: Names,
  scales: Readonly<Record<NonNullable<Amount['scale']>, (number: string) => string>>,
  space = '',
): Language['money'] {
  return ({ currency, whole, decimals, scale }) => {
    const number =
      decimals && Number(decimals) > 0 ? `${whole}.${decimals.replace(/0+$/, '')}` : whole;
    return `${scale ? scales[scale](number) : number}${space}${names[currency]}`;
  };
}

/** A number times a power of ten in units of ten thousand, as East Asian languages count. */
function tenThousands(power: number, [man, oku, cho]: readonly [string, string, string]) {
  return (number: string): string => {
    const value = Number(number) * 10 ** power;
    if (value >= 1e12) return `${value / 1e12}${cho}`;
    if (value >= 1e8) return `${value / 1e8}${oku}`;
    return value >= 1e4 ? `${value / 1e4}${man}` : String(value);
  };
}

export const scalesOf = (names: readonly [string, string, string]) => ({
  thousand: tenThousands(3, names),
  million: tenThousands(6, names),
  billion: tenThousands(9, names),
  trillion: tenThousands(12, names),
});

export const one = (names: Readonly<Record<string, string>>): Units =>
  Object.fromEntries(Object.entries(names).map(([unit, name]) => [unit, [name] as const]));
