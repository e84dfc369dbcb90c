/* Keys, copying and closing menus. Every page works without this file. */

const rows = () => [...document.querySelectorAll('table.rows tbody tr, [data-rows] > li')];
let chosen;

function choose(row) {
  chosen?.classList.remove('chosen');
  chosen = row;
  chosen?.classList.add('chosen');
  chosen?.scrollIntoView({ block: 'nearest' });
}

function step(by) {
  const all = rows();
  if (all.length === 0) return;
  const at = all.indexOf(chosen);
  const next = at === -1 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by));
  choose(all[next]);
}

function closeMenus() {
  for (const menu of document.querySelectorAll('details.menu[open]')) menu.open = false;
}

const keys = {
  j: () => step(1),
  k: () => step(-1),
  r: () => location.reload(),
  '/': () => document.querySelector('[data-key="/"]')?.focus(),
  // In a table the first links are those of the filters; an entry of a list begins with what it is about.
  Enter: () => {
    const visitor = chosen?.matches('tr') ? chosen.querySelector('a[href^="/ip/"]') : undefined;
    (visitor ?? chosen?.querySelector('a[href]'))?.click();
  },
};

addEventListener('keydown', (event) => {
  if (event.key === 'Escape') {
    closeMenus();
    choose(undefined);
    document.activeElement?.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest('input, textarea, select, [contenteditable]')) return;
  if (event.key === 'Enter' && (!chosen || event.target.closest('a, button, summary'))) return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

addEventListener('click', (event) => {
  if (!event.target.closest('details.menu')) closeMenus();
});

/** A copy button beside what people carry elsewhere: addresses and fingerprints. */
for (const place of document.querySelectorAll('[data-copy]')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy';
  button.textContent = 'copy';
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(place.dataset.copy);
      button.textContent = 'copied';
    } catch {
      button.textContent = 'select and copy by hand';
    }
    setTimeout(() => {
      button.textContent = 'copy';
    }, 1500);
  });
  place.after(button);
}
