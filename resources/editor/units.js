/* Times and sizes as people read them. */
window.lipwireUnits =
  window.lipwireUnits ||
  (function () {
    const SHARED = '@lipwire/node-red-lipwire/lipwire-studio:lipwire-studio.sidebar.';
    const text = (key, values) => RED._(SHARED + key, values);

    /** Seconds, or minutes and seconds. */
    function time(seconds) {
      const whole = Math.max(0, Math.round(seconds));
      if (seconds < 10) return text('unit.seconds', { number: seconds.toFixed(1) });
      if (whole < 60) return text('unit.seconds', { number: whole });
      return text('unit.minutes', { minutes: Math.floor(whole / 60), seconds: whole % 60 });
    }

    /** Bytes, in the unit of 1024 that suits. */
    function size(bytes) {
      const power = bytes < 1 ? 0 : Math.min(4, Math.floor(Math.log2(bytes) / 10));
      const number = bytes / 1024 ** power;
      return text('unit.bytes.' + power, {
        number: power && number < 10 ? number.toFixed(1) : Math.round(number),
      });
    }

    return { time, size };
  })();
