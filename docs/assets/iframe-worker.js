// A worker for pages opened from a folder, where browsers start none: its script runs in a frame.
class FrameWorker extends EventTarget {
  constructor(url) {
    super();
    const frame = document.body.appendChild(document.createElement("iframe"));
    frame.hidden = true;
    this.inner = frame.contentWindow;
    const read = (src) => new Promise((done, failed) => {
      const script = this.inner.document.createElement("script");
      Object.assign(script, { src, onload: done, onerror: failed });
      this.inner.document.body.append(script);
    });
    this.inner.postMessage = (data) => {
      const told = new MessageEvent("message", { data });
      this.dispatchEvent(told);
      this.onmessage?.(told);
    };
    this.inner.importScripts = (...urls) => urls.reduce((p, u) => p.then(() => read(u)), Promise.resolve());
    this.ready = read(url);
  }
  postMessage(data) {
    this.ready.then(() => this.inner.dispatchEvent(new MessageEvent("message", { data })));
  }
  terminate() {
    this.inner.frameElement.remove();
  }
}
if (location.protocol === "file:") window.Worker = FrameWorker;
