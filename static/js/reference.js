// Swagger's page has the theme that was chosen in Settings, or that of the system
// where none was. Its styles know dark by a class alone. Runs in the head, so that
// nothing flashes.
{
  const prefersDark = window.matchMedia("(prefers-color-scheme: dark)");

  const follow = () => {
    const chosen = localStorage.getItem("theme") ?? "auto";
    const isDark = chosen === "auto" ? prefersDark.matches : chosen === "dark";
    document.documentElement.classList.toggle("dark-mode", isDark);
  };

  prefersDark.addEventListener("change", follow);
  follow();
}
