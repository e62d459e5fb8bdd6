// htmx writes the address of each page, words of a search included, into the browser's session storage. Nobody was asked for that,
// so it finds no storage, and remembers the address in the page itself instead. Stands before htmx.
{
  const setItem = Storage.prototype.setItem;
  Storage.prototype.setItem = function (key, value) {
    if (String(key).startsWith("htmx")) throw new DOMException("Not stored here.", "SecurityError");
    setItem.call(this, key, value);
  };
}
