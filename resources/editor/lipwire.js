/* What the dialogs of all Lipwire nodes share. Loaded once by each node's HTML; loading it again does nothing. */
window.lipwire =
  window.lipwire ||
  (function () {
    const SHARED = '@lipwire/node-red-lipwire/lipwire-studio:lipwire-studio.';
    const ENVIRONMENT = /^\$\{[^}]+\}$/;

    /** A text of the shared catalogue. */
    function text(key, values) {
      return RED._(SHARED + key, values);
    }

    /** What is wrong with a value, with the field's name in front where it is known. */
    function reason(options, key, values) {
      const sentence = text('invalid.' + key, values);
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

    /** A BCP 47 language tag, or blank. */
    const language = pattern(/^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$/, 'language');

    /** The defaults of a node type, each checked one with the name that reasons begin with. */
    function labelled(type, defaults) {
      const texts = '@lipwire/node-red-lipwire/' + type + ':' + type + '.label.';
      Object.keys(defaults).forEach(function (field) {
        const { validate, label } = defaults[field];
        if (validate && !label) defaults[field].label = RED._(texts + field);
      });
      return defaults;
    }

    /** The defaults of a stage's node: its own settings, and what every one of the seven has. */
    function stageDefaults(type, own) {
      return labelled(type, {
        name: { value: '' },
        studio: { value: '', type: 'lipwire-studio', required: false },
        ...own,
        queuePolicy: { value: 'wait' },
        queueLength: {
          value: 10,
          validate: number({ min: 0, max: 100000, whole: true }),
          label: text('label.queueLength'),
        },
        version: { value: 1 },
      });
    }

    /** Shows an element only while a field has one of the values. */
    function showWhen(field, values, element) {
      const input = $(field);
      function update() {
        $(element).toggle(values.indexOf(input.val()) !== -1);
      }
      input.on('change', update);
      update();
    }

    /** Shows the length of a node's queue only where its policy has one. */
    function queue() {
      showWhen('#node-input-queuePolicy', ['dropNewest', 'dropOldest'], '#lipwire-queue-length');
    }

    /** The node's label: its name, or the short name of its type. */
    function label() {
      return this.name || this._(this.type + '.paletteLabel');
    }

    function labelStyle() {
      return this.name ? 'node_label_italic' : '';
    }

    function paletteLabel() {
      return this._(this.type + '.paletteLabel');
    }

    $(
      '<style>' +
        '.lipwire-form .form-row > label { width: 150px; }' +
        '.lipwire-form .form-row > input[type=text], .lipwire-form .form-row > select,' +
        '.lipwire-form .form-row > .red-ui-typedInput-container { width: calc(100% - 160px); }' +
        '.lipwire-form .form-row > input.lipwire-number { width: 90px; margin-right: 6px; }' +
        '.lipwire-form .form-row > input[type=checkbox] { width: auto; margin: 0 6px 0 154px; }' +
        '.lipwire-form .form-row > input[type=checkbox] + label { width: auto; vertical-align: middle; }' +
        '.lipwire-form .form-tips { margin: 0 0 12px; max-width: none; }' +
        '.lipwire-form h4 { margin: 18px 0 10px; }' +
        '</style>',
    ).appendTo('head');

    return {
      text,
      number,
      pattern,
      language,
      labelled,
      stageDefaults,
      showWhen,
      queue,
      label,
      labelStyle,
      paletteLabel,
    };
  })();
