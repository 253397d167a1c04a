/* What the list of models is made of: its texts, buttons and looks, and what went wrong. */
window.lipwireModelParts =
  window.lipwireModelParts ||
  (function () {
    const SHARED = '@lipwire/node-red-lipwire/lipwire-studio:lipwire-studio.models.';
    const text = (key, values) => RED._(SHARED + key, values);
    const mayWrite = () => RED.user.hasPermission('lipwire-studio.write');

    /** What went wrong, as a sentence. */
    function problem(request) {
      const { error } = request.responseJSON || {};
      if (request.status === 401 || request.status === 403) return text('forbidden');
      if (error && error.message) return lipwireError(error);
      return text(request.status === 404 ? 'notDeployed' : 'failed');
    }

    /** How much of a task is done; 0 while nobody knows. */
    function percent({ progress }) {
      const { done = 0, total = 0 } = progress || {};
      return total > 0 ? Math.floor((100 * done) / total) : 0;
    }

    const button = (icon, key, action) => lipwireElements.button(icon, text(key), action);

    $(
      '<style>' +
        // A long sentence is not to make the whole dialog wide: without containment it would.
        '.lipwire-models, .lipwire-form .lipwire-note, .lipwire-form > .lipwire-problem { contain: inline-size; }' +
        '.lipwire-models { margin: 0 0 12px; }' +
        '.lipwire-form .lipwire-model-list { list-style: none; margin: 0 0 8px; padding: 0; }' +
        '.lipwire-form .lipwire-models-toggle { margin-left: 154px; }' +
        '.lipwire-model { padding: 6px 0; border-bottom: 1px solid var(--red-ui-secondary-border-color); overflow-wrap: anywhere; }' +
        '.lipwire-model-facts { color: var(--red-ui-secondary-text-color); margin: 0 0 2px; overflow-wrap: anywhere; }' +
        '.lipwire-model-facts a { color: var(--red-ui-text-color-link); text-decoration: underline; }' +
        '.lipwire-model-bar { height: 6px; margin: 4px 0; border-radius: 3px; overflow: hidden; background: var(--red-ui-secondary-border-color); }' +
        '.lipwire-model-bar > div { height: 100%; background: var(--red-ui-node-status-colors-blue); }' +
        '.lipwire-model-buttons { display: flex; flex-wrap: wrap; gap: 6px; }' +
        '.lipwire-model-add { display: flex; align-items: center; gap: 6px; margin: 8px 0; }' +
        '.lipwire-model-add label { width: auto; flex: none; margin: 0; }' +
        '.lipwire-model-add input[type=text] { flex: 1; min-width: 0; margin: 0; }' +
        '.lipwire-model-add .red-ui-button { flex: none; }' +
        '.lipwire-form .lipwire-problem { color: var(--red-ui-text-color-error); overflow-wrap: anywhere; }' +
        '.lipwire-form .lipwire-note { margin: -6px 0 12px 154px; color: var(--red-ui-secondary-text-color); overflow-wrap: anywhere; }' +
        '</style>',
    ).appendTo('head');

    return { text, mayWrite, problem, percent, button };
  })();
