// What a site can see of a browser without much effort; shown on the page and posted back.
(function () {
  var canvas = document.createElement('canvas');
  var gl = canvas.getContext('webgl');
  var debug = gl && gl.getExtension('WEBGL_debug_renderer_info');
  var seen = {
    webdriver: navigator.webdriver,
    userAgent: navigator.userAgent,
    platform: navigator.platform,
    vendor: navigator.vendor,
    languages: navigator.languages,
    plugins: navigator.plugins ? navigator.plugins.length : null,
    hardwareConcurrency: navigator.hardwareConcurrency,
    deviceMemory: navigator.deviceMemory,
    brands: navigator.userAgentData ? navigator.userAgentData.brands : null,
    chrome: typeof window.chrome,
    screen: [screen.width, screen.height, screen.availWidth, screen.availHeight, screen.colorDepth],
    window: [innerWidth, innerHeight, outerWidth, outerHeight, devicePixelRatio],
    timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    touch: navigator.maxTouchPoints,
    notification: typeof Notification === 'undefined' ? null : Notification.permission,
    webgl: debug ? gl.getParameter(debug.UNMASKED_RENDERER_WEBGL) : null,
    automation: Object.keys(window).filter(function (name) { return /^(cdc_|__playwright|__pw|__puppeteer|__nightmare|_phantom|callPhantom)/.test(name); }),
    focus: document.hasFocus(),
    visibility: document.visibilityState
  };
  document.getElementById('seen-by-script').textContent = JSON.stringify(seen, null, 1);
  fetch('/api/report', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(seen) })
    .then(function (answer) { document.getElementById('sent').textContent = answer.ok ? 'sent' : 'refused'; });
})();
