"use strict";
(() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);

  for (const button of all("[data-copy]")) {
    if (!navigator.clipboard) break;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  }

  const theme = one("[data-theme-switch]");
  if (theme) {
    const root = document.documentElement;
    let dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const name = () => { theme.textContent = dark ? "Light" : "Dark"; };
    theme.hidden = false;
    name();
    theme.addEventListener("click", () => { dark = !dark; root.style.colorScheme = dark ? "dark" : "light"; name(); });
  }

  const items = all(".item");
  // The reader of a paper sees what a click would have opened; long lists stay folded, their counts do not.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = items.filter((item) => !item.open && item.querySelectorAll(".finds li").length <= 60);
    for (const item of opened) item.open = true;
  });
  addEventListener("afterprint", () => { for (const item of opened) item.open = false; });
  const follow = () => {
    const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.matches("details")) target.open = true;
  };
  addEventListener("hashchange", follow);
  follow();

  const tools = one("[data-tools]");
  if (!tools) return;
  tools.hidden = false;
  const search = one("#search"), category = one("#category"), required = one("#required");
  const chips = all(".chip"), shown = one(".shown"), none = one(".none");
  const words = new Map();
  const text = (node) => {
    if (!words.has(node)) words.set(node, node.textContent.toLowerCase());
    return words.get(node);
  };

  const matches = (item, wanted) => {
    const status = chips.filter((chip) => chip.getAttribute("aria-pressed") === "true").map((chip) => chip.dataset.status);
    return (!status.length || status.includes(item.dataset.status))
      && (!category.value || category.value === item.dataset.category)
      && (!required.checked || "required" in item.dataset)
      && (!wanted || text(item).includes(wanted));
  };
  const narrow = (item, wanted) => {
    // Where the heading says it, all findings belong; else only those that say it.
    const every = !wanted || text(item.querySelector("summary")).includes(wanted);
    for (const group of all(".rule", item)) {
      const whole = every || text(group.querySelector("summary")).includes(wanted);
      let left = 0;
      for (const find of all(".finds li", group)) {
        find.hidden = !(whole || text(find).includes(wanted));
        left += !find.hidden;
      }
      group.hidden = !whole && !left;
      if (!every && left) { group.open = true; item.open = true; }
    }
  };
  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    let count = 0;
    for (const item of items) {
      item.hidden = !matches(item, wanted);
      if (!item.hidden) { count += 1; narrow(item, wanted); }
    }
    shown.textContent = `${count} of ${items.length} items shown`;
    none.hidden = count > 0;
  };

  for (const chip of chips) chip.addEventListener("click", () => {
    chip.setAttribute("aria-pressed", String(chip.getAttribute("aria-pressed") !== "true"));
    filter();
  });
  search.addEventListener("input", filter);
  category.addEventListener("change", filter);
  required.addEventListener("change", filter);
  one("[data-clear]").addEventListener("click", () => {
    search.value = category.value = "";
    required.checked = false;
    for (const chip of chips) chip.setAttribute("aria-pressed", "false");
    filter();
    search.focus();
  });
  for (const button of all("[data-spread]")) button.addEventListener("click", () => {
    for (const item of items) if (!item.hidden) item.open = button.dataset.spread === "open";
  });
  addEventListener("keydown", (event) => {
    const typing = event.target.matches("input, select, textarea");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) { event.preventDefault(); search.focus(); }
    if (event.key === "Escape" && event.target === search) { search.value = ""; filter(); }
  });
  filter();
})();
