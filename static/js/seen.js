// Tells the shop that this page was seen; it stands only on pages of visitors who allowed to be counted, and the shop asks again.
const { seen } = document.querySelector("[data-seen]").dataset;
fetch("/seen/", { method: "POST", body: new URLSearchParams({ seen }), keepalive: true }).catch(() => {});
