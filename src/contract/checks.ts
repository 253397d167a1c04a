/** What validators are made of: each check names the field, what was expected and what came. */
import { inputError } from './errors';

export type Check = (value: unknown, field: string) => void;
export type Shape = Record<string, Check>;

export const text: Check = (value, field) => {
  if (typeof value !== 'string') throw inputError(field, 'a string', value);
};

export const filePath: Check = (value, field) => {
  if (typeof value !== 'string' || value === '' || value.includes('\0')) {
    throw inputError(field, 'the path of a file', value);
  }
};

export function number(min: number, max: number, expectation: string): Check {
  return (value, field) => {
    if (typeof value !== 'number' || !(value >= min && value <= max)) {
      throw inputError(field, expectation, value);
    }
  };
}

export function whole(min: number, expectation: string): Check {
  return (value, field) => {
    if (!Number.isSafeInteger(value) || (value as number) < min) {
      throw inputError(field, expectation, value);
    }
  };
}

export function optional(check: Check): Check {
  return (value, field) => {
    if (value !== undefined) check(value, field);
  };
}

export function listOf(check: Check, expectation: string): Check {
  return (value, field) => {
    if (!Array.isArray(value)) throw inputError(field, expectation, value);
    value.forEach((item, index) => check(item, `${field}[${index}]`));
  };
}

export function object(shape: Shape, expectation: string): Check {
  return (value, field) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw inputError(field, expectation, value);
    }
    for (const [key, check] of Object.entries(shape)) {
      check((value as Record<string, unknown>)[key], `${field}.${key}`);
    }
  };
}
