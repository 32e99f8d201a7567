/*
 * Live events: one EventSource per browser and company, shared by all tabs.
 *
 * The tab that holds the Web Lock leads: it keeps the stream and passes every event on over a BroadcastChannel. When
 * it closes, the lock and with it the lead goes to another tab. HTTP/1.1 allows a browser six connections to a host,
 * so a stream in each tab would freeze the seventh.
 *
 * The address comes from <meta name="portico-live" content="/c/acme/events">; without it nothing happens. Each event
 * is dispatched on document as `portico:event` with detail {kind, subject: [type, id], id}. Elements such as
 *   <section data-live="orders.* quotes.priced" data-live-subject="order:7" hx-trigger="live" hx-get="…">
 * are refreshed through htmx. An event says only that something changed: the page asks for what, with its own rights.
 * With `data-live-catchup` an element is also refreshed once when the stream has opened.
 * The kind `resync` says that events may have been lost; it refreshes everything that is live.
 */

const FIRST_DELAY_MS = 2000;
const LONGEST_DELAY_MS = 60000;
const REFRESH_DELAY_MS = 150; // a burst of events refreshes an element once
const TAKE_OVER_RESYNC_MS = 500;
const JOINED_MS = 1500;

export function matches(patterns, kind) {
  return patterns.split(/\s+/).filter(Boolean).some((pattern) =>
    pattern === kind || pattern === "*" || (pattern.endsWith(".*") && kind.startsWith(pattern.slice(0, -1))));
}

export function concerns(element, event) {
  if (event.kind === "resync") return true;
  if (!matches(element.dataset.live ?? "", event.kind)) return false;
  const wanted = element.dataset.liveSubject;
  return !wanted || (Array.isArray(event.subject) && wanted === event.subject.join(":"));
}

const due = new Set();
let timer = null;

function refresh(event) {
  for (const element of document.querySelectorAll("[data-live][hx-trigger]")) {
    if (concerns(element, event)) due.add(element);
  }
  if (due.size && timer === null) timer = setTimeout(flush, REFRESH_DELAY_MS);
}

function flush() {
  timer = null;
  if (document.hidden) return; // caught up with in `visibilitychange`
  // An element that was redrawn meanwhile is another one, of the same id.
  const elements = [...due].map((one) => (one.isConnected ? one : document.getElementById(one.id))).filter(Boolean);
  due.clear();
  for (const element of elements) {
    if (element.classList.contains("htmx-request")) due.add(element); // what is under way may be older than the event
    else window.htmx?.trigger(element, "live");
  }
  if (due.size) timer = setTimeout(flush, REFRESH_DELAY_MS);
}

/*
 * What may have happened between the drawing of this page and its first hearing: elements with `data-live-catchup`,
 * which show something that is about to change, are asked for once more. All others would only cost a request.
 */
let caughtUp = false;

function catchUp() {
  if (caughtUp) return;
  caughtUp = true;
  for (const element of document.querySelectorAll("[data-live-catchup][hx-trigger]")) due.add(element);
  if (due.size && timer === null) timer = setTimeout(flush, REFRESH_DELAY_MS);
}

function dispatch(event) {
  document.dispatchEvent(new CustomEvent("portico:event", { detail: event }));
  refresh(event);
}

function parse(data) {
  try {
    const event = JSON.parse(data);
    return typeof event?.kind === "string" ? event : null;
  } catch {
    return null;
  }
}

class Stream {
  constructor(url, receive) {
    this.url = url;
    this.receive = receive;
    this.delay = FIRST_DELAY_MS;
    this.broken = false;
    this.open();
  }

  open() {
    this.source = new EventSource(this.url);
    this.source.addEventListener("open", () => {
      this.delay = FIRST_DELAY_MS;
      catchUp();
      if (this.broken) this.receive({ kind: "resync" });
      this.broken = false;
    });
    this.source.addEventListener("portico", (message) => {
      const event = parse(message.data);
      if (event) this.receive(event);
    });
    this.source.addEventListener("error", () => {
      this.broken = true;
      // The browser retries a cut stream by itself, but gives up for good when it is refused (401, 429, 503).
      if (this.source.readyState === EventSource.CLOSED) this.later();
    });
  }

  later() {
    this.retry = setTimeout(() => this.open(), this.delay * (0.75 + Math.random() / 2));
    this.delay = Math.min(this.delay * 2, LONGEST_DELAY_MS);
  }

  close() {
    clearTimeout(this.retry);
    this.source.close();
  }
}

class Live {
  constructor(url) {
    this.url = url;
    this.name = `portico-live:${url}`;
  }

  start() {
    this.stopped = new AbortController();
    if (navigator.locks && "BroadcastChannel" in window) {
      this.channel = new BroadcastChannel(this.name);
      this.channel.addEventListener("message", (message) => dispatch(message.data));
      this.lead();
      setTimeout(catchUp, JOINED_MS); // another tab leads: its stream is open already
    } else {
      this.alone(); // Web Locks exist only on https and localhost
    }
  }

  stop() {
    this.stopped.abort();
    this.channel?.close();
    this.stream?.close();
    this.stream = null;
  }

  /* Waits for the lock, then holds it for as long as this page lives. */
  lead() {
    const { signal } = this.stopped;
    const asked = performance.now();
    navigator.locks.request(this.name, { signal }, () => {
      this.stream = new Stream(this.url, (event) => {
        dispatch(event);
        this.channel.postMessage(event);
      });
      // Between the last leader's end and now, events may have gone past all tabs.
      this.stream.broken = performance.now() - asked > TAKE_OVER_RESYNC_MS;
      return new Promise((release) => signal.addEventListener("abort", release, { once: true }));
    }).catch((error) => {
      if (error.name !== "AbortError") throw error;
    });
  }

  /* Without locks each tab has a stream of its own, while it is looked at. */
  alone() {
    const follow = () => {
      if (document.hidden) {
        this.stream?.close();
        this.stream = null;
        this.left = true;
      } else if (!this.stream) {
        this.stream = new Stream(this.url, dispatch);
        this.stream.broken = this.left === true;
      }
    };
    document.addEventListener("visibilitychange", follow, { signal: this.stopped.signal });
    follow();
  }
}

const url = document.querySelector('meta[name="portico-live"]')?.content;
if (url) {
  const live = new Live(url);
  live.start();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && due.size) flush();
  });
  // A page in the back/forward cache would keep the lock and starve the tabs that are seen.
  window.addEventListener("pagehide", () => live.stop());
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    live.start();
    dispatch({ kind: "resync" });
  });
}
