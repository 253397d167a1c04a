/** What a table of parameters is made of. */
export type Parameter =
  | { type: 'number'; default: number; min: number; max: number; whole?: true }
  | { type: 'choice'; default: string; of: readonly string[] }
  /** The name of a model: one of these, or of the user's own. */
  | { type: 'model'; default: string; of: readonly string[] }
  | { type: 'flag'; default: boolean }
  /** So many numbers, as a list or as text; empty: none. The value is text with spaces. */
  | { type: 'numbers'; default: ''; count: number; min: number; max: number }
  | { type: 'text'; default: string; maxLength: number };

export type ParameterTable = Record<string, Parameter>;

/** The values that belong to a table. */
export type ValuesOf<T extends ParameterTable> = {
  -readonly [K in keyof T]: T[K] extends { type: 'number' }
    ? number
    : T[K] extends { type: 'flag' }
      ? boolean
      : T[K] extends { type: 'choice'; of: readonly (infer C)[] }
        ? C
        : string;
};
