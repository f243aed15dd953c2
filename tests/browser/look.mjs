// Opens a page in a real, headless Chromium that reaches nothing, uses it as people do, and prints what it saw as JSON.
// node look.mjs PACKAGES CHROMIUM PAGE.html [SCREENSHOTS]
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import path from "node:path";

const [packages, executablePath, page, shots] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const { chromium } = require(path.join(packages, "playwright-core"));
const address = pathToFileURL(path.resolve(page)).href;
const seen = { console: [], requests: [], axe: {} };

const browser = await chromium.launch({ executablePath, headless: true, args: ["--no-sandbox", "--disable-gpu"] });
const screens = { phone: [390, 844, "light"], "phone-dark": [390, 844, "dark"], desktop: [1280, 900, "light"], "desktop-dark": [1280, 900, "dark"] };
for (const name of (process.env.SCREENS || Object.keys(screens).join()).split(",")) {
  const [width, height, colorScheme] = screens[name];
  const context = await browser.newContext({ viewport: { width, height }, colorScheme, bypassCSP: false, offline: true });
  const tab = await context.newPage();
  tab.on("console", (message) => { if (["error", "warning"].includes(message.type())) seen.console.push(message.text()); });
  tab.on("pageerror", (error) => seen.console.push(String(error)));
  tab.on("dialog", (dialog) => { seen.console.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  tab.on("request", (request) => { if (request.url() !== address && !request.url().startsWith("data:")) seen.requests.push(request.url()); });
  await tab.goto(address, { waitUntil: "load" });
  seen.timing ??= await tab.evaluate(() => {
    const [entry] = performance.getEntriesByType("navigation");
    return { interactive: entry.domInteractive, complete: entry.loadEventEnd };
  });
  seen.overflow = Math.max(seen.overflow ?? 0, await tab.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth));
  if (shots) await tab.screenshot({ path: path.join(shots, `${name}.png`), fullPage: true });
  if (name === "desktop") {
    seen.shown = await used(tab);
    await tab.reload({ waitUntil: "load" });
  }
  const most = Number(process.env.OPENED || 60);
  await tab.evaluate((count) => { for (const one of [...document.querySelectorAll("details")].slice(0, count)) one.open = true; }, most);
  seen.axe[name] = await audited(tab);
  if (shots && name.startsWith("desktop")) await tab.screenshot({ path: path.join(shots, `${name}-open.png`), fullPage: true });
  await context.close();
}
await browser.close();
console.log(JSON.stringify(seen));

async function audited(tab) {
  // The page's own policy keeps foreign scripts out, so the auditor comes in from outside of it.
  const client = await tab.context().newCDPSession(tab);
  const fs = await import("node:fs");
  await client.send("Runtime.evaluate", { expression: fs.readFileSync(path.join(packages, "axe-core", "axe.min.js"), "utf8") });
  const { result } = await client.send("Runtime.evaluate", {
    expression: "axe.run(document, {resultTypes: ['violations']}).then((found) => JSON.stringify(found.violations.map((one) => [one.id, one.help, one.nodes.slice(0, 3).map((node) => node.html + ' ' + node.failureSummary)])))",
    awaitPromise: true, returnByValue: true,
  });
  return JSON.parse(result.value);
}

async function used(tab) {
  const items = () => tab.locator(".item:visible").count();
  if (!(await tab.locator("#search").count())) return null;
  const found = { all: await items() };
  found.required = await counted(tab, items, () => tab.locator("#required").check());
  await tab.locator("#required").uncheck();
  found.failed = await counted(tab, items, () => tab.locator(".chip.failed, .chip").first().click());
  found.pressed = await tab.locator('.chip[aria-pressed="true"]').count();
  await tab.locator('.chip[aria-pressed="true"]').first().click();
  await tab.locator("body").press("/");
  found.focused = await tab.evaluate(() => document.activeElement.id);
  const started = Date.now();
  found.searched = await counted(tab, items, () => tab.locator("#search").fill(process.env.WANTED ?? "shell=True"));
  found.searching = Date.now() - started;
  found.findings = await tab.locator(".item[open] .finds li:visible").count();
  found.status = await tab.locator(".shown").textContent();
  found.nothing = await counted(tab, items, () => tab.locator("#search").fill("no such word anywhere"));
  found.told = await tab.locator(".none").isVisible();
  await tab.locator("[data-clear]").click();
  found.cleared = await items();
  await tab.locator(".item > summary").first().focus();
  await tab.keyboard.press("Enter");
  found.opened = await tab.locator(".item").first().getAttribute("open");
  return found;
}

async function counted(tab, items, act) {
  await act();
  return items();
}
