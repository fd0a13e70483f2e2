// Swagger's page follows the theme that was chosen in Settings: it goes dark by a
// class of its own, and without it whatever the system prefers. Runs in the head, so
// that nothing flashes.
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
