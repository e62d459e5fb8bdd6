// Runs the tags of third parties that the server put on this page because the visitor allowed them. What may run, and with which
// consent, is decided there and written in this element's data attributes; this file only carries it out.
(() => {
  const said = document.currentScript.dataset;
  const words = (text) => (text ? text.split(" ") : []);
  const load = (url) => {
    const script = document.createElement("script");
    script.async = true;
    script.src = url;
    document.head.append(script);
  };

  // The way that led here, words of a search among it, is nobody's business: a vendor's script finds it empty.
  Object.defineProperty(document, "referrer", { value: "" });

  if (said.google) {
    window.dataLayer = window.dataLayer || [];
    window.gtag = function () {
      window.dataLayer.push(arguments);
    };
    const granted = words(said.granted);
    const all = (value, names) => Object.fromEntries(names.map((name) => [name, value]));
    // Consent Mode v2: everything is denied before anything is granted, and both before Google's script is asked for.
    gtag("consent", "default", all("denied", words(said.signals)));
    gtag("consent", "update", all("granted", granted));
    gtag("set", "ads_data_redaction", !granted.includes("ad_storage"));
    gtag("js", new Date());
    for (const id of words(said.google)) {
      gtag("config", id, {
        allow_ad_personalization_signals: granted.includes("ad_personalization"),
        allow_google_signals: granted.includes("ad_user_data"),
        cookie_domain: "none",
        cookie_expires: Number(said.cookieSeconds),
        cookie_flags: location.protocol === "https:" ? "SameSite=Lax;Secure" : "SameSite=Lax",
        page_location: location.origin + location.pathname,
        page_referrer: "",
      });
    }
    load(said.googleScript);
  }

  if (said.hotjar) {
    window._hjSettings = { hjid: Number(said.hotjar), hjsv: 6 };
    window.hj = function () {
      (window.hj.q = window.hj.q || []).push(arguments);
    };
    load(said.hotjarScript);
  }
})();
