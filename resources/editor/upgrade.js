/* Nodes that an earlier version saved, or somebody wrote by hand, get what they lack as they come into the editor. */
if (!window.lipwireUpgrade) {
  window.lipwireUpgrade = function (node) {
    // Past the editor's proxy, which refuses to touch nodes of a locked flow.
    const plain = node.__node__ || node;
    if (!lipwireMigrations.STEPS[plain.type]) return;
    Object.assign(plain, lipwireMigrations.changes(plain.type, plain));
    Object.keys(plain._def.defaults).forEach(function (setting) {
      if (plain[setting] === undefined) plain[setting] = plain._def.defaults[setting].value;
    });
  };
  RED.events.on('nodes:add', window.lipwireUpgrade);
}
