"""Line icons on a 16 px grid, drawn for Loopdesk; a name -> the inside of an ``<svg viewBox="0 0 16 16">``."""

from markupsafe import Markup

_PATHS = {
    "arrow": '<path d="M3 8h10M9 4l4 4-4 4"/>',
    "back": '<path d="M13 8H3M7 4 3 8l4 4"/>',
    "bars": '<path d="M3 13v-2M8 13V8M13 13V4"/>',
    "bolt": '<path d="M9 1.8 3.5 9H8l-1 5.2L12.5 7H8z"/>',
    "building": '<path d="M3 14V3h6v11M9 7h4v7M2 14h12M5.5 6h1M5.5 9h1M5.5 11.8h1"/>',
    "chart": '<path d="M2.2 2v11.8H14M5 11.2V8M8 11.2V4.6M11 11.2V6.6"/>',
    "check": '<path d="m3 8.5 3.5 3.5L13 4.5"/>',
    "chevron": '<path d="m6 4 4 4-4 4"/>',
    "circle": '<circle cx="8" cy="8" r="4.2"/>',
    "clip": '<path d="m12.6 7.4-4.9 4.9a3 3 0 0 1-4.3-4.3l5.2-5.1a2 2 0 0 1 2.9 2.8l-5.2 5.1a1 1 0 0 '
    '1-1.4-1.4l4.6-4.5"/>',
    "clock": '<circle cx="8" cy="8" r="5.8"/><path d="M8 4.8V8l2.2 1.6"/>',
    "cross": '<path d="m4 4 8 8M12 4l-8 8"/>',
    "diamond": '<path d="M8 1.8 14.2 8 8 14.2 1.8 8z"/>',
    "disc": '<circle cx="8" cy="8" r="4.2" fill="currentColor"/>',
    "dot": '<circle cx="8" cy="8" r="2" fill="currentColor"/>',
    "eye": '<path d="M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8z"/><circle cx="8" cy="8" r="1.8"/>',
    "file": '<path d="M4 1.8h5l3 3v9.4H4zM9 1.8v3h3M6 8.5h4M6 11h4"/>',
    "flag": '<path d="M3.5 14.2V2.2M3.5 3h8.8l-2 2.8 2 2.7H3.5"/>',
    "flow": '<circle cx="3.2" cy="8" r="1.7"/><rect x="7" y="5.2" width="5" height="5.6" rx="1"/>'
    '<path d="M4.9 8H7M12 8h2.5"/>',
    "gate": '<path d="M8 2.5 13.5 8 8 13.5 2.5 8z"/><path d="M8 5.8v4.4M5.8 8h4.4"/>',
    "globe": '<circle cx="8" cy="8" r="6"/>'
    '<path d="M2 8h12M8 2c2 2 2.6 4 2.6 6S10 12 8 14c-2-2-2.6-4-2.6-6S6 4 8 2z"/>',
    "hand": '<path d="M2 6.5h7.5M7 3.5l3 3-3 3M14 9.5H6.5M9 6.8"/>',
    "inbox": '<path d="M2 9.2 3.8 3h8.4L14 9.2V13H2zM2 9.2h3.6c.2 1.3 1.1 2 2.4 2s2.2-.7 2.4-2H14"/>',
    "info": '<circle cx="8" cy="8" r="6"/><path d="M8 7.2v4M8 4.9v.1"/>',
    "key": '<circle cx="5.2" cy="10.8" r="3"/><path d="m7.4 8.6 5.8-5.8M11 5l1.8 1.8"/>',
    "keyboard": '<rect x="1.5" y="4" width="13" height="8.5" rx="1.2"/>'
    '<path d="M4 6.8h.1M6.7 6.8h.1M9.3 6.8h.1M12 6.8h.1M5 10h6"/>',
    "leave": '<path d="M6 2.5H3v11h3M7 8h7M11.2 5.2 14 8l-2.8 2.8"/>',
    "lock": '<rect x="3.2" y="7" width="9.6" height="6.8" rx="1"/><path d="M5.2 7V5a2.8 2.8 0 0 1 5.6 0v2"/>',
    "loop": '<path d="M12.8 5.6A5.5 5.5 0 1 0 13 10M13.4 2.6v3.2h-3.2"/>'
    '<circle cx="8" cy="8" r="1.4" fill="currentColor"/>',
    "mail": '<rect x="1.8" y="3.5" width="12.4" height="9" rx="1"/><path d="m2.2 4.5 5.8 4.7 5.8-4.7"/>',
    "minus": '<path d="M3.5 8h9"/>',
    "more": '<path d="M3.5 8h.01M8 8h.01M12.5 8h.01" stroke-width="2.4"/>',
    "note": '<path d="M3 2.5h10v7.2L9.2 13.5H3zM9.2 13.5V9.7H13M5.5 5.5h5M5.5 8h3"/>',
    "octagon": '<path d="M5.4 1.8h5.2l3.6 3.6v5.2l-3.6 3.6H5.4l-3.6-3.6V5.4zM8 5v3.6M8 11v.1"/>',
    "pause": '<path d="M5.5 3.5v9M10.5 3.5v9"/>',
    "pen": '<path d="M2.2 13.8 3.1 10 10.8 2.4l2.8 2.8L6 12.9zM9.2 4 12 6.8M8.5 14h5.3"/>',
    "people": '<circle cx="5.8" cy="5.2" r="2.4"/>'
    '<path d="M1.5 13.2c.3-2.6 2-4 4.3-4s4 1.4 4.3 4M10.6 3a2.4 2.4 0 0 1 0 4.4M12 9.6c1.4.5 2.3 1.7 2.5 3.6"/>',
    "person": '<circle cx="8" cy="5.2" r="2.7"/><path d="M2.8 13.8c.4-3 2.4-4.6 5.2-4.6s4.8 1.6 5.2 4.6"/>',
    "play": '<path d="M5 3.2 12.2 8 5 12.8z"/>',
    "plus": '<path d="M8 3v10M3 8h10"/>',
    "reply": '<path d="M6.2 4 2.5 7.7l3.7 3.6M2.5 7.7h6.3c3 0 4.7 1.8 4.7 4.8"/>',
    "scale": '<path d="M8 2.2v11.6M5 13.8h6M3 4.5h10M3 4.5 1.4 9h3.4zM13 4.5 11.4 9h3.4z"/>',
    "search": '<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.3 3.3"/>',
    "server": '<rect x="2" y="2.8" width="12" height="4.4" rx="1"/>'
    '<rect x="2" y="8.8" width="12" height="4.4" rx="1"/><path d="M4.6 5h.1M4.6 11h.1"/>',
    "shield": '<path d="M8 1.8 13.2 4v3.8c0 3-2 5.3-5.2 6.6-3.2-1.3-5.2-3.6-5.2-6.6V4z"/>',
    "star": '<path d="m8 1.9 1.9 3.9 4.3.6-3.1 3 .7 4.2L8 11.6l-3.8 2 .7-4.2-3.1-3 4.3-.6z"/>',
    "swap": '<path d="M3 5.5h9.4M9.4 2.5l3 3-3 3M13 10.5H3.6M6.6 7.5l-3 3 3 3"/>',
    "table": '<path d="M2 3h12v10H2zM2 6.4h12M2 9.7h12M6 3v10"/>',
    "theme": '<circle cx="8" cy="8" r="5.8"/><path d="M8 2.2v11.6A5.8 5.8 0 0 0 8 2.2z" fill="currentColor"/>',
    "ticket": '<path d="M2 4.5h12v2.2a1.4 1.4 0 0 0 0 2.6v2.2H2V9.3a1.4 1.4 0 0 0 0-2.6zM9.5 4.5v7"/>',
    "triangle": '<path d="M8 2.2 14.5 13.4h-13zM8 6.5v3M8 11.4v.1"/>',
    "up": '<path d="M8 13V3.2M4 7l4-4 4 4"/>',
}

ICONS = {name: Markup(path) for name, path in _PATHS.items()}
