/* What the dialogs of all Lipwire nodes share. Loaded once by each node's HTML; loading it again does nothing. */
window.lipwire =
  window.lipwire ||
  (function () {
    const SHARED = '@lipwire/node-red-lipwire/lipwire-studio:lipwire-studio.';

    /** A text of the shared catalogue. */
    function text(key, values) {
      return RED._(SHARED + key, values);
    }

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
          validate: lipwireValidators.choice('wait dropNewest dropOldest replace'),
          label: text('label.queuePolicy'),
        },
        queueLength: {
          value: 10,
          validate: lipwireValidators.number({ min: 0, max: 100000, whole: true }),
          label: text('label.queueLength'),
        },
        version: version(type),
      });
    }

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
        const { reason } = lipwireValidators;
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

    const shared = {
      text,
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
    // Scripts load in any order: the validators are looked for when they are needed.
    for (const name of ['number', 'pattern', 'choice', 'longest', 'flag', 'language'])
      Object.defineProperty(shared, name, { get: () => lipwireValidators[name] });
    return shared;
  })();
