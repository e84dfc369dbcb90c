// Before anything is painted: light or dark, and the mark that scripts run.
(function () {
  var root = document.documentElement;
  root.className += ' scripted';
  try {
    if (localStorage.getItem('theme') === 'dark') root.className += ' dark';
  } catch (e) {}
})();
