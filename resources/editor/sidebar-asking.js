/* When the sidebar asks for the jobs: soon after news, now and then without, and never while nobody looks. */
window.lipwireSidebarAsking =
  window.lipwireSidebarAsking ||
  (function () {
    /** Milliseconds: between two questions while something runs, and while nothing does; news come sooner. */
    const BUSY = 5000;
    const IDLE = 30000;
    const LONGEST = 60000;
    const SOONEST = 1000;

    /** Told the board of jobs, and the request that failed. */
    let show, fail;
    let isVisible = false;
    let isAsking = false;
    /** News came since the last question. */
    let isStale = false;
    let timer;
    let askedAt = -Infinity;
    let wait = IDLE;

    function later(milliseconds) {
      clearTimeout(timer);
      if (isVisible) timer = setTimeout(refresh, milliseconds);
    }

    /** Asks as soon as it may. */
    function soon() {
      isStale = true;
      later(Math.max(0, askedAt + SOONEST - performance.now()));
    }

    function refresh() {
      if (isAsking || !isVisible) return;
      isAsking = true;
      isStale = false;
      askedAt = performance.now();
      $.getJSON(lipwireSidebarParts.ROOT + 'jobs')
        .done((board) => {
          wait = board.live.length > 0 ? BUSY : IDLE;
          show(board);
        })
        .fail((request) => {
          wait = Math.min(LONGEST, 2 * wait);
          fail(request);
        })
        .always(() => {
          isAsking = false;
          if (isStale) soon();
          else later(wait);
        });
    }

    /**
     * @param content asks while any of it is seen
     * @param told.show (board) => shows the jobs
     * @param told.fail (request) => says why they cannot be shown
     */
    function start(content, told) {
      ({ show, fail } = told);
      new IntersectionObserver((entries) => {
        isVisible = entries[entries.length - 1].isIntersecting;
        if (isVisible) soon();
        else clearTimeout(timer);
      }).observe(content[0]);
      RED.comms.subscribe('lipwire/jobs', soon);
    }

    return { start, soon };
  })();
