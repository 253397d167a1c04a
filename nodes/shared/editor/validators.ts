/** What the dialogs' settings are checked with: as at run time, but each says in the editor's language why. */
import {
  objectSource,
  resolveParameters,
  type Parameter,
  type TextFormat,
} from '../../../src/contract/parameters';
import { text } from './parts';

/** Where else a setting's value may come from. */
export const SOURCES = ['msg', 'flow', 'global', 'env', 'jsonata'];

/** Stands for an environment variable, which nobody knows here. */
const ENVIRONMENT = /^\$\{[^}]+\}$/;

/** Texts that are more than words. */
const FORMATS: Record<TextFormat, RegExp> = {
  language: /^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$/,
  path: /^\/?[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*\/?$/,
  renditions: /^\s*\d{2,4}\s*(,\s*\d{2,4}\s*)*$/,
  pads: /^\s*-?\d+([\s,]+-?\d+){3}\s*$/,
};

/** What is wrong with a value, with the field's name in front where it is known. */
export function reason(
  options: ValidationOptions | undefined,
  key: string,
  values?: TextValues,
): string {
  const sentence = text(`invalid.${key}`, values);
  return options?.label ? `${options.label}: ${sentence}` : sentence;
}

/** Whether a parameter takes a value; blank stands for its default. */
function accepts(parameter: Parameter, value: unknown): boolean {
  try {
    resolveParameters({ value: parameter }, [objectSource('', { value })]);
  } catch {
    return false;
  }
  if (parameter.type !== 'text' || !parameter.format || !value) return true;
  return FORMATS[parameter.format].test(String(value));
}

/** A validator of Node-RED's editor for a parameter. */
export function validatorOf(parameter: Parameter): Validator {
  // Two parameters tell the editor that a reason is given.
  return (value, options) => {
    if (ENVIRONMENT.test(String(value)) || accepts(parameter, value)) return true;
    switch (parameter.type) {
      case 'number':
        return reason(options, parameter.whole ? 'whole' : 'number', {
          min: parameter.min,
          max: parameter.max,
        });
      case 'choice':
        return reason(options, 'choice', { choices: parameter.of.join(', ') });
      case 'text':
        if (parameter.format) return reason(options, parameter.format);
        return reason(options, 'text', { max: parameter.maxLength });
      case 'numbers':
        return reason(options, parameter.format);
      default:
        return reason(options, parameter.type);
    }
  };
}
