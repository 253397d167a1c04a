/* What the server says to the kiosk page, over a connection that is made anew for as long as it takes. */
window.lipwireKioskConnection = (() => {
  'use strict';

  /** Milliseconds before the first and the later attempts to connect anew. */
  const PATIENCE = 2000;
  const MOST_PATIENCE = 20_000;
  /** Milliseconds without a connection before it is called lost. */
  const LOST = 10_000;

  let lostTimer = 0;
  let patience = PATIENCE;
  /** Of the last event that came. */
  let lastId = '';

  /**
   * @param acts by the type of an event, what it does with what came
   * @param opened is called with each connection
   * @param lost is called when there has been none for a while
   */
  function listen(acts, { opened, lost }) {
    const events = new EventSource(`kiosk-events?after=${encodeURIComponent(lastId)}`);
    for (const [type, act] of Object.entries(acts)) {
      events.addEventListener(type, ({ data, lastEventId }) => {
        lastId = lastEventId || lastId;
        act(JSON.parse(data));
      });
    }
    events.onopen = () => {
      patience = PATIENCE;
      clearTimeout(lostTimer);
      lostTimer = 0;
      opened();
    };
    events.onerror = () => {
      lostTimer = lostTimer || setTimeout(lost, LOST);
      // A browser gives up for good after an answer that is no stream, as while Node-RED starts.
      if (events.readyState !== EventSource.CLOSED) return;
      setTimeout(() => listen(acts, { opened, lost }), patience);
      patience = Math.min(2 * patience, MOST_PATIENCE);
    };
  }

  return { listen };
})();
