/* How the sidebar looks, in the colours of the theme. */
window.lipwireSidebarStyle =
  window.lipwireSidebarStyle ||
  (function () {
    return function () {
      $('<style>')
        .text(
          `
        .lipwire-sidebar { display: flex; flex-direction: column; height: 100%; color: var(--red-ui-primary-text-color); }
        .lipwire-sidebar .lipwire-header { display: flex; align-items: center; justify-content: space-between; height: auto; padding: 6px 8px; text-align: start; flex: none; }
        .lipwire-sidebar .lipwire-parts { flex: 1; overflow-y: auto; position: relative; }
        .lipwire-sidebar .lipwire-section { padding: 6px 8px; background: var(--red-ui-secondary-background); }
        .lipwire-sidebar .red-ui-editableList-container { padding: 0; border: none; background: none; }
        .lipwire-sidebar .red-ui-editableList-container li { padding: 6px 0; background: none; border-bottom: 1px solid var(--red-ui-secondary-border-color); }
        .lipwire-sidebar .lipwire-row { display: flex; align-items: center; gap: 6px; }
        .lipwire-sidebar .lipwire-words { flex: 1; min-width: 0; }
        .lipwire-sidebar .lipwire-text { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
        .lipwire-sidebar .lipwire-facts, .lipwire-sidebar .lipwire-note { color: var(--red-ui-secondary-text-color); font-size: 12px; overflow-wrap: anywhere; }
        .lipwire-sidebar [data-state=failed] .lipwire-facts { color: var(--red-ui-text-color-error); }
        .lipwire-sidebar .lipwire-note { margin: 4px 0; }
        .lipwire-sidebar .lipwire-buttons { display: flex; gap: 2px; flex: none; }
        .lipwire-sidebar .lipwire-bar { height: 4px; margin-top: 4px; border-radius: 2px; overflow: hidden; background: var(--red-ui-secondary-border-color); }
        .lipwire-sidebar .lipwire-bar > div { height: 100%; background: var(--red-ui-node-status-colors-blue); }
        .lipwire-sidebar .lipwire-result { margin-top: 6px; }
        .lipwire-sidebar .lipwire-result video, .lipwire-sidebar .lipwire-result audio { width: 100%; max-height: 320px; display: block; }
        .lipwire-sidebar select { flex: 1; min-width: 0; width: auto; margin: 0; }
        .lipwire-sidebar label { margin: 0; }
        .lipwire-sidebar h4 { margin: 12px 0 4px; }
        .lipwire-sidebar .lipwire-list dd { margin: 0 0 6px; overflow-wrap: anywhere; }
        .lipwire-sidebar .lipwire-list { margin: 8px 0; }
        .lipwire-sidebar .lipwire-models { margin: 0; list-style: none; }
        .lipwire-sidebar .lipwire-models li { padding: 3px 0; }
        .lipwire-sidebar .lipwire-checks { margin: 8px 0 0; list-style: none; font-size: 12px; overflow-wrap: anywhere; }
        .lipwire-sidebar .lipwire-checks li { padding: 2px 0; }
        .lipwire-sidebar .lipwire-checks [data-ok=false] { color: var(--red-ui-text-color-error); }
        .lipwire-sidebar .lipwire-report { margin-top: 8px; max-height: 320px; overflow: auto; font-size: 11px; }
      `,
        )
        .appendTo('head');
    };
  })();
