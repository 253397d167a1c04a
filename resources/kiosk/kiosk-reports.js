/* What the kiosk page tells the flow about itself, where `?report` asks for it. */
window.lipwireKioskReports = (() => {
  'use strict';

  const options = new URLSearchParams(location.search);
  let last = '';
  let reporting = Promise.resolve();

  /**
   * Sends each change, one after the other, so that they arrive in the order in which things happened.
   * @param item what is played; undefined between announcements
   */
  function report({ item, queued, muted }) {
    if (!options.has('report')) return;
    const state = {
      screen: options.get('screen') || '',
      state: item ? 'playing' : 'idle',
      queued,
      muted,
      title: item ? item.title : '',
      video: item ? new URL(item.video, location.href).pathname : '',
    };
    const body = JSON.stringify(state);
    if (body === last) return;
    last = body;
    const headers = { 'content-type': 'application/json' };
    const send = () => fetch('state', { method: 'POST', headers, body, keepalive: true });
    reporting = reporting.then(send).catch(() => undefined);
  }

  return { report };
})();
