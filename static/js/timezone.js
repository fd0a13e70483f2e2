// Tells the server the browser's time zone, so that pages show times in it.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

if (zone) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `timezone=${zone}; Path=${document.body.dataset.settingsPath}; Max-Age=31536000; SameSite=Lax${secure}`;
}
