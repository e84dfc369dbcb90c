// Stock, suggestions while typing, and what was looked at before: requests that only clients with scripts make.
(function () {
  var stock = document.getElementById('stock');
  if (stock) {
    fetch('/api/stock?id=' + stock.dataset.id)
      .then(function (answer) { return answer.json(); })
      .then(function (left) { stock.textContent = left.left + ' left'; });
  }

  var input = document.querySelector('form.search input');
  var list;
  var waiting;
  function show(names) {
    if (!list) {
      list = document.createElement('ul');
      list.className = 'suggestions';
      input.form.appendChild(list);
    }
    list.hidden = names.length === 0;
    list.replaceChildren.apply(list, names.map(function (name) {
      var item = document.createElement('li');
      var link = document.createElement('a');
      link.href = '/search?q=' + encodeURIComponent(name);
      link.textContent = name;
      item.appendChild(link);
      return item;
    }));
  }
  input.addEventListener('input', function () {
    clearTimeout(waiting);
    var typed = input.value.trim();
    if (typed.length < 2) return;
    waiting = setTimeout(function () {
      fetch('/api/suggest?q=' + encodeURIComponent(typed))
        .then(function (answer) { return answer.json(); })
        .then(function (answer) { if (input.value.trim() === typed) show(answer.suggestions); });
    }, 180);
  });

  var place = document.getElementById('seen');
  if (place && stock) {
    var seen = [];
    try {
      seen = JSON.parse(localStorage.getItem('seen') || '[]');
      localStorage.setItem('seen', JSON.stringify([stock.dataset.id].concat(seen.filter(function (id) { return id !== stock.dataset.id; })).slice(0, 4)));
    } catch (e) {}
    if (seen.length) {
      fetch('/api/products?ids=' + seen.join(','), { headers: { 'X-Requested-With': 'XMLHttpRequest' } })
        .then(function (answer) { return answer.json(); })
        .then(function (answer) {
          place.textContent = 'Seen before: ' + answer.products.map(function (product) { return product.name; }).join(', ');
        });
    }
  }
})();
