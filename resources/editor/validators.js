/* What the dialogs' settings are checked with; each says what is wrong. They are used as `lipwire.number` and so on. */
window.lipwireValidators =
  window.lipwireValidators ||
  (function () {
    const ENVIRONMENT = /^\$\{[^}]+\}$/;

    /** What is wrong with a value, with the field's name in front where it is known. */
    function reason(options, key, values) {
      const sentence = lipwire.text('invalid.' + key, values);
      return options && options.label ? options.label + ': ' + sentence : sentence;
    }

    /** A number between limits; blank stands for the default, `${NAME}` for an environment variable. */
    function number(limits) {
      return function (value, options) {
        if (value === '' || value === undefined || ENVIRONMENT.test(value)) return true;
        const parsed = typeof value === 'number' ? value : Number(String(value).trim() || NaN);
        const isInside = parsed >= limits.min && parsed <= limits.max;
        if (isInside && (!limits.whole || Number.isInteger(parsed))) return true;
        return reason(options, limits.whole ? 'whole' : 'number', {
          min: limits.min,
          max: limits.max,
        });
      };
    }

    /** A text that matches a pattern; blank is allowed. The key says what is wrong otherwise. */
    function pattern(expression, key) {
      return function (value, options) {
        if (!value || ENVIRONMENT.test(value) || expression.test(value)) return true;
        return reason(options, key);
      };
    }

    /** One of these values; a setting that is not there yet counts as its default. */
    function choice(choices) {
      const known = choices.split(' ');
      return function (value, options) {
        if (!value || ENVIRONMENT.test(value) || known.indexOf(String(value)) !== -1) return true;
        return reason(options, 'choice', { choices: known.join(', ') });
      };
    }

    /** A text of at most so many characters. */
    function longest(max) {
      return function (value, options) {
        if (String(value || '').length <= max) return true;
        return reason(options, 'text', { max });
      };
    }

    /** What a checkbox holds. */
    function flag(value, options) {
      const isFlag =
        value === undefined || typeof value === 'boolean' || /^(true|false|)$/.test(value);
      return isFlag || ENVIRONMENT.test(value) || reason(options, 'flag');
    }

    /** A BCP 47 language tag, or blank. */
    const language = pattern(/^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$/, 'language');

    return { reason, number, pattern, choice, longest, flag, language };
  })();
