/* Parts of a page that ask for themselves again. Everything works without them. */
document.addEventListener("DOMContentLoaded", () => {
  async function fragment(url, options) {
    const answer = await fetch(url, { ...options, headers: { "X-Fragment": "1" } });
    if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
    return answer.text();
  }

  // A form whose result is shown while it is being filled in.
  document.querySelectorAll("form[data-live]").forEach((form) => {
    const place = document.querySelector(form.dataset.live);
    let timer;
    let asked = 0;
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        const mine = ++asked;
        place.setAttribute("aria-busy", "true");
        try {
          const text = await fragment(form.action, { method: "POST", body: new FormData(form) });
          if (mine === asked) place.innerHTML = text;
        } catch {
          /* the button still works */
        }
        place.removeAttribute("aria-busy");
      }, 400);
    });
  });

  // Something that is being worked on: ask again until it no longer says so.
  function watch(place) {
    setTimeout(async () => {
      try {
        place.innerHTML = await fragment(window.location.href, {});
      } catch {
        return;
      }
      if (place.querySelector("[data-working]")) watch(place);
    }, 1000);
  }
  document.querySelectorAll("[data-watch]").forEach((place) => {
    if (place.querySelector("[data-working]")) watch(place);
  });
});
