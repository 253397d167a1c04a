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

    /** One of these values; a setting that is not there yet counts as its default. */
    function choice(choices) {
      const known = choices.split(' ');
      return function (value, options) {
        if (!value || ENVIRONMENT.test(value) || known.indexOf(value) !== -1) return true;
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

    /** The defaults of a node type, each checked one with the name that reasons begin with. */
    function labelled(type, defaults) {
      const texts = '@lipwire/node-red-lipwire/' + type + ':' + type + '.label.';
      Object.keys(defaults).forEach(function (field) {
        const { validate, label } = defaults[field];
        if (validate && !label) defaults[field].label = RED._(texts + field);
      });
      return defaults;
    }

    /** The default of a node's `version`: what its settings are today. */
    function version(type) {
      return { value: lipwireMigrations.currentVersion(type) };
    }

    /**
     * The defaults of a stage's node: its own settings, and what every one of the seven has. A setting
     * that is `typed` may also come from a message, a context, the environment or an expression; which
     * one it is stands in a setting of the same name with `Type` behind it.
     */
    function stageDefaults(type, own) {
      const settings = {};
      Object.keys(own).forEach(function (field) {
        const { typed, ...setting } = own[field];
        if (!typed) return (settings[field] = setting);
        settings[field] = { ...setting, validate: typedValidator(field, typed, setting.validate) };
        settings[field + 'Type'] = { value: typed };
      });
      return labelled(type, {
        name: { value: '' },
        studio: { value: '', type: 'lipwire-studio', required: false },
        ...settings,
        queuePolicy: {
          value: 'wait',
          validate: choice('wait dropNewest dropOldest replace'),
          label: text('label.queuePolicy'),
        },
        queueLength: {
          value: 10,
          validate: number({ min: 0, max: 100000, whole: true }),
          label: text('label.queueLength'),
        },
        version: version(type),
      });
    }

    // Nodes that an earlier version saved, or somebody wrote by hand, get what they lack as they come.
    RED.events.on('nodes:add', function (node) {
      // Past the editor's proxy, which refuses to touch nodes of a locked flow.
      const plain = node.__node__ || node;
      if (!lipwireMigrations.STEPS[plain.type]) return;
      Object.assign(plain, lipwireMigrations.changes(plain.type, plain));
      Object.keys(plain._def.defaults).forEach(function (setting) {
        if (plain[setting] === undefined) plain[setting] = plain._def.defaults[setting].value;
      });
    });

    /** Shows an element only while a field has one of the values, or may have it by what comes. */
    function showWhen(field, values, element) {
      follow(field, element, (value) => values.indexOf(value) !== -1);
    }

    /** The same for what belongs to all values but those. */
    function showUnless(field, values, element) {
      follow(field, element, (value) => values.indexOf(value) === -1);
    }

    function follow(field, element, isShown) {
      const input = $(field);
      function update() {
        const isElsewhere = SOURCES.indexOf($(field + 'Type').val()) !== -1;
        $(element).toggle(isElsewhere || isShown(input.val()));
      }
      input.on('change', update);
      update();
    }

    /** The node whose dialog is open. */
    let edited = '';

    /** Makes a stage's dialog work; call it first in `oneditprepare`. */
    function prepare(node) {
      edited = node.id;
      showWhen('#node-input-queuePolicy', ['dropNewest', 'dropOldest'], '#lipwire-queue-length');
      lipwireTypedInputs.prepare(node);
    }

    /** Where else a setting's value may come from. */
    const SOURCES = ['msg', 'flow', 'global', 'env', 'jsonata'];

    /** Checks a setting as what it is, or as the name of where it comes from. */
    function typedValidator(field, kind, validate) {
      return function (value, options) {
        const isOpen = edited !== '' && edited === this.id;
        const live = isOpen && $('#node-input-' + field + 'Type').val();
        const type = live || this[field + 'Type'] || kind;
        if (SOURCES.indexOf(type) === -1) return !validate || validate.call(this, value, options);
        if (type === 'env') return value ? true : reason(options, 'env');
        const result = RED.utils.validateTypedProperty(value, type, options || {});
        return result === false ? reason(options, 'expression') : result;
      };
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
        // A long text wraps, in any language; the editor would make the dialog as wide as it instead.
        '.lipwire-form { contain: inline-size; }' +
        '.lipwire-form .form-row > label { width: 150px; }' +
        '.lipwire-form .form-row > input[type=text], .lipwire-form .form-row > select { width: calc(100% - 160px); }' +
        '.lipwire-form .form-row > input.lipwire-number { width: 90px; margin-right: 6px; }' +
        '.lipwire-form .form-row > input[type=checkbox] { width: auto; margin: 0 6px 0 154px; }' +
        '.lipwire-form .form-row > input[type=checkbox] + label { width: auto; max-width: calc(100% - 190px); vertical-align: middle; }' +
        '.lipwire-form .form-row > input.lipwire-number + span { display: inline-block; max-width: calc(100% - 262px); vertical-align: middle; }' +
        '.lipwire-form .form-tips { margin: 0 0 12px; max-width: none; }' +
        '.lipwire-form h4 { margin: 18px 0 10px; }' +
        '</style>',
    ).appendTo('head');

    return {
      text,
      number,
      pattern,
      choice,
      longest,
      flag,
      language,
      labelled,
      version,
      stageDefaults,
      prepare,
      SOURCES,
      showWhen,
      showUnless,
      label,
      labelStyle,
      paletteLabel,
    };
  })();
