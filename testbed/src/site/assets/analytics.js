// Who comes how often: a cookie of its own, and beacons on arrival and on leaving.
(function () {
  var cookie = /(?:^|; )visit=([^;]*)/.exec(document.cookie);
  var visit = cookie ? cookie[1] : Math.random().toString(36).slice(2);
  document.cookie = 'visit=' + visit + '; Path=/; Max-Age=31536000; SameSite=Lax; Secure';
  function send(what) {
    var words = JSON.stringify({ what: what, visit: visit, page: location.pathname, from: document.referrer, width: innerWidth, at: Math.round(performance.now()) });
    if (navigator.sendBeacon) navigator.sendBeacon('/api/beacon', words);
  }
  if (document.readyState === 'complete') send('arrived');
  else addEventListener('load', function () { setTimeout(send, 0, 'arrived'); });
  addEventListener('pagehide', function () { send('left'); });
})();
