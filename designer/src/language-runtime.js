// What compiled expressions call in the browser: the same semantics as the server, exact to the last digit.
// Values: integers, decimals, money and durations are BigInt (decimals times 10^scale), dates "YYYY-MM-DD",
// instants "YYYY-MM-DD HH:MM:SS.ffffff" in UTC, blank is null. The readers i, f, t, b, d, m, c, a take looser forms.
// The file defines globalThis.DougongLanguage and needs no import, so that it runs as a module and as a script.
globalThis.DougongLanguage = (() => {
  "use strict";
  const DAY = 86400n, SPAN = 400000000000n, WHOLE = 9000000000000000000n, ROUND = -30n;
  const kept = (x, least, most) => {
    if (x === null || (x >= least && x <= most)) return x;
    throw new RangeError("overflow");
  };
  // A whole number made from a float: blank where floats are far from exact.
  const whole = (x) => (abs(x) < WHOLE ? x : null);
  const blank = (x) => x === null || x === undefined || x === "";
  const strict = (f) => (...args) => (args.some((x) => x === null) ? null : f(...args));
  const test = (f) => (...args) => (args.some((x) => x === null) ? false : f(...args));
  const abs = (x) => (x < 0n ? -x : x);
  const floorMod = (a, b) => ((a % b) + b) % b;
  const floorDiv = (a, b) => (a - floorMod(a, b)) / b;
  const roundDiv = (n, d) => {
    const q = (2n * abs(n) + abs(d)) / (2n * abs(d));
    return n >= 0n === d > 0n ? q : -q;
  };
  const finite = (x) => (Number.isFinite(x) ? x + 0 : null);
  // Twelve significant digits, a tie to even (toPrecision alone takes a tie away from zero).
  const twelve = (x) => {
    const tie = Number.isFinite(x) && /^(-?\d\.\d{10}[02468])50*e(.*)$/.exec(x.toExponential(90));
    return finite(tie ? Number(`${tie[1]}e${tie[2]}`) : Number(x.toPrecision(12)));
  };
  const rounded = (a, s, n, form) => {
    if (n >= s) return a;
    if (n < ROUND) return null;
    const unit = 10n ** (s - n), q = form(abs(a), unit) * unit;
    return a >= 0n ? q : -q;
  };

  // --- dates: days are counted from 0001-01-01 = 1, in the proleptic Gregorian calendar -----------------------
  const pad = (n, width) => String(n).padStart(width, "0");
  const leap = (y) => (y % 4 === 0 && y % 100 !== 0) || y % 400 === 0;
  const monthDays = (y, m) => (m === 2 ? (leap(y) ? 29 : 28) : [4, 6, 9, 11].includes(m) ? 30 : 31);
  const parts = (d) => [Number(d.slice(0, 4)), Number(d.slice(5, 7)), Number(d.slice(8, 10))];
  const text = (y, m, d) => `${pad(y, 4)}-${pad(m, 2)}-${pad(d, 2)}`;
  const ordinal = (d) => {
    const [y, m, day] = parts(d);
    const shifted = new Date(0);
    shifted.setUTCFullYear(y, m - 1, day);
    return shifted.getTime() / 86400000 + 719163;
  };
  const fromOrdinal = (n) => {
    if (n < 1 || n > 3652059) return null;
    const at = new Date((n - 719163) * 86400000);
    return text(at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate());
  };
  const micros = (m) => {
    const seconds = BigInt(ordinal(m.slice(0, 10))) * DAY + BigInt(m.slice(11, 13)) * 3600n + BigInt(m.slice(14, 16)) * 60n + BigInt(m.slice(17, 19));
    return seconds * 1000000n + BigInt(m.slice(20, 26));
  };
  const fromMicros = (n) => {
    const seconds = floorDiv(n, 1000000n), fraction = floorMod(n, 1000000n), rest = Number(floorMod(seconds, DAY));
    const day = fromOrdinal(Number(floorDiv(seconds, DAY)));
    if (day === null) return null;
    return `${day} ${pad(Math.floor(rest / 3600), 2)}:${pad(Math.floor(rest / 60) % 60, 2)}:${pad(rest % 60, 2)}.${pad(fraction, 6)}`;
  };
  const formats = new Map();
  const zoneFormat = (zone) => {
    if (!formats.has(zone)) {
      const options = { timeZone: zone, hourCycle: "h23", era: "short", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" };
      formats.set(zone, new Intl.DateTimeFormat("en-US", options));
    }
    return formats.get(zone);
  };
  const EPOCH = 719163n * DAY;
  // Seconds to add to UTC to get local time, at an instant given in seconds of this calendar.
  const offset = (seconds, zone) => {
    if (zone === "UTC") return 0n;
    const found = {};
    for (const part of zoneFormat(zone).formatToParts(new Date(Number(seconds - EPOCH) * 1000))) found[part.type] = part.value;
    const year = found.era === "BC" ? 1 - Number(found.year) : Number(found.year);
    const at = new Date(0);
    at.setUTCFullYear(year, Number(found.month) - 1, Number(found.day));
    const day = BigInt(at.getTime() / 86400000 + 719163);
    return day * DAY + BigInt(found.hour) * 3600n + BigInt(found.minute) * 60n + BigInt(found.second) - seconds;
  };
  const toLocal = (n, zone) => n + offset(floorDiv(n, 1000000n), zone) * 1000000n;
  const toUtc = (local, zone) => {
    // The first of two equal local times; a skipped one as if the clock had not moved yet.
    const seconds = floorDiv(local, 1000000n), before = offset(seconds - DAY, zone), after = offset(seconds + DAY, zone);
    const early = seconds - before;
    if (offset(early, zone) === before) return local - before * 1000000n;
    const late = seconds - after;
    return local - (offset(late, zone) === after ? after : before) * 1000000n;
  };
  const shiftMonths = (y, m, d, n) => {
    const index = BigInt(y * 12 + m - 1) + n, year = Number(floorDiv(index, 12n)), month = Number(floorMod(index, 12n)) + 1;
    return year < 1 || year > 9999 ? null : text(year, month, Math.min(d, monthDays(year, month)));
  };
  const weekday = (d) => ((ordinal(d) + 6) % 7) + 1;
  const start = (d, u) => {
    const [y, m] = parts(d);
    if (u === "week") return fromOrdinal(ordinal(d) - weekday(d) + 1);
    if (u === "month") return text(y, m, 1);
    if (u === "quarter") return text(y, Math.floor((m - 1) / 3) * 3 + 1, 1);
    return u === "year" ? text(y, 1, 1) : d;
  };
  const end = (d, u) => {
    const [y, m] = parts(d);
    if (u === "week") return fromOrdinal(ordinal(d) + 7 - weekday(d));
    if (u === "month") return text(y, m, monthDays(y, m));
    if (u === "quarter") {
      const last = Math.floor((m - 1) / 3) * 3 + 3;
      return text(y, last, monthDays(y, last));
    }
    return u === "year" ? text(y, 12, 31) : d;
  };
  const isoWeek = (d) => {
    const thursday = ordinal(d) - weekday(d) + 4, first = Math.floor((thursday - 1) / 1) + 1;
    const year = parts(fromOrdinal(Math.max(1, Math.min(3652059, thursday))))[0];
    return BigInt(Math.floor((first - ordinal(text(year, 1, 1))) / 7) + 1);
  };
  const local = (m, zone, from, to) => {
    const at = fromMicros(toLocal(micros(m), zone));
    return at === null ? null : BigInt(at.slice(from, to));
  };

  // --- working days and rates: the texts that engine/language/calendars.py makes ------------------------------
  const remembered = (make) => {
    const known = new Map();
    return (text) => {
      if (!known.has(text)) known.set(text, make(text));
      return known.get(text);
    };
  };
  const upTo = (sorted, day) => {
    let low = 0, high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] <= day) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const calendarOf = remembered((text) => {
    const [mask, off, on] = text.split("|"), numbers = (days) => days.split(",").filter(Boolean).map(Number);
    const sums = Array.from({ length: 8 }, (_, n) => [...mask.slice(0, n)].filter((each) => each === "1").length);
    const offDays = numbers(off), onDays = numbers(on);
    return (day) => Math.floor(day / 7) * sums[7] + sums[day % 7] - upTo(offDays, day) + upTo(onDays, day);
  });
  const addWorkdays = (d, n, calendar) => {
    if (n === 0n || abs(n) > 1000000n) return n === 0n ? d : null;
    const until = calendarOf(calendar), count = Math.abs(Number(n)), first = ordinal(d), forward = n > 0n;
    const base = until(forward ? first : first - 1);
    for (let day = first; day > 0 && day <= 3652059; ) {
      const missing = count - (forward ? until(day) - base : base - until(day - 1));
      if (missing === 0) return fromOrdinal(day);
      day += forward ? missing : -missing;
    }
    return null;
  };
  const labelsOf = remembered(JSON.parse);
  const ratesOf = remembered((text) => Object.entries(JSON.parse(text)));

  const dateText = (d, form) => {
    const [y, m, day] = parts(d);
    return form === "yyyy-MM-dd" ? d : form === "yyyy-MM" ? d.slice(0, 7) : `${pad(y, 4)}年${m}月${day}日`;
  };

  // --- text: positions are code points, order is by code point ------------------------------------------------
  const points = (s) => Array.from(s);
  // Patterns run as sets of states, one step per character: a RegExp of the browser could take exponential time.
  const ACCEPT = { accept: true };
  const setOf = (text) => {
    const each = points(text).slice(1, -1), inverted = each[0] === "^", ranges = [];
    let at = inverted ? 1 : 0;
    const one = () => (each[at] === "\\" ? (at += 2, CONTROLS[each[at - 1]] ?? each[at - 1]) : each[at++]).codePointAt(0);
    while (at < each.length) {
      const low = one(), ranged = each[at] === "-";
      if (ranged) at += 1;
      ranges.push([low, ranged ? one() : low]);
    }
    return (c) => ranges.some(([low, high]) => low <= c.codePointAt(0) && c.codePointAt(0) <= high) !== inverted;
  };
  const CONTROLS = { n: "\n", t: "\t", r: "\r", f: "\f", v: "\v" };
  const PART = /\(\?:|\[(?:\\.|[^\]\\])*\]|\{(\d+)(,?)(\d*)\}|\\.|./gsu;
  const automaton = remembered((pattern) => {
    const parts = [...pattern.matchAll(PART)], more = () => at < parts.length && !"|)".includes(parts[at][0]);
    let at = 0;
    // Each reader gives what builds the states of a part, from the state that follows it.
    const choices = () => {
      const ways = [sequence()];
      while (parts[at]?.[0] === "|") { at += 1; ways.push(sequence()); }
      return (next) => ({ ways: ways.map((way) => way(next)) });
    };
    const sequence = () => {
      const items = [];
      while (more()) items.push(repeated());
      return (next) => items.reduceRight((state, item) => item(state), next);
    };
    const repeated = () => {
      const item = atom(), [mark, count, comma, most] = parts[at] ?? [""];
      const bounds = { "*": [0, Infinity], "+": [1, Infinity], "?": [0, 1] }[mark] ??
        (count === undefined ? null : [Number(count), most ? Number(most) : comma ? Infinity : Number(count)]);
      if (bounds === null) return item;
      at += 1;
      return (next) => {
        let state = next;
        if (bounds[1] === Infinity) { state = { ways: [next] }; state.ways.push(item(state)); }
        else for (let n = bounds[0]; n < bounds[1]; n += 1) state = { ways: [next, item(state)] };
        for (let n = 0; n < bounds[0]; n += 1) state = item(state);
        return state;
      };
    };
    const atom = () => {
      const [part] = parts[at++];
      if (part === "(?:") { const inside = choices(); at += 1; return inside; }
      if (part === "^" || part === "$") return (next) => ({ edge: part, next });
      const literal = part[0] === "\\" ? CONTROLS[part[1]] ?? part.slice(1) : part;
      const fits = part.length > 1 && part[0] === "[" ? setOf(part) : (c) => c === literal;
      return (next) => ({ fits, next });
    };
    return choices()(ACCEPT);
  });
  const found = (start, text) => {
    let states = new Set();
    for (let at = 0; at <= text.length; at += 1) {
      const waiting = [...states].map((state) => state.next).concat(start), seen = new Set();
      states = new Set();
      while (waiting.length > 0) {
        const state = waiting.pop();
        if (seen.has(state)) continue;
        seen.add(state);
        if (state.accept) return true;
        if (state.ways) waiting.push(...state.ways);
        else if (state.edge) { if (at === (state.edge === "^" ? 0 : text.length)) waiting.push(state.next); }
        else if (at < text.length && state.fits(text[at])) states.add(state);
      }
    }
    return false;
  };
  const held = (s) => (s !== "" && points(s).length <= 65536 ? s : null);
  const padding = (s, n, filler, left) => {
    if (n > 65536n) return null;
    const missing = Number(n) - points(s).length;
    if (missing <= 0) return s;
    const each = points(filler);
    const fill = Array.from({ length: missing }, (_, index) => each[index % each.length]).join("");
    return left ? fill + s : s + fill;
  };
  const order = (a, b) => {
    if (typeof a !== "string") return a < b ? -1 : a > b ? 1 : 0;
    const one = points(a), other = points(b);
    for (let i = 0; i < one.length && i < other.length; i += 1) {
      if (one[i] !== other[i]) return one[i].codePointAt(0) - other[i].codePointAt(0);
    }
    return one.length - other.length;
  };
  const extreme = (args, sign) => args.reduce((best, x) => (x === null ? best : best === null || order(x, best) * sign > 0 ? x : best), null);
  const small = (n, most) => Number(n > BigInt(most) ? BigInt(most) : n);

  const gather = (op, rows, value, where, isFloat, factor) => {
    let chosen = rows ?? [];
    if (where !== null) chosen = chosen.filter(where);
    if (op === "any") return chosen.length > 0;
    if (op === "count") return BigInt(chosen.length);
    const values = chosen.map(value).filter((x) => x !== null);
    if (op === "distinct_count") return BigInt(new Set(values).size);
    if (op === "min" || op === "max") return extreme(values, op === "max" ? 1 : -1);
    if (op === "avg" && values.length === 0) return null;
    const total = values.reduce((sum, x) => sum + x, isFloat ? 0 : 0n);
    if (op === "sum") return isFloat ? finite(total) : total;
    return isFloat ? finite(total / values.length) : roundDiv(total * factor, BigInt(values.length));
  };

  // Rows by their key; those that have none yet keep their places after the others.
  const ordered = (op, rows, value, where, key, separator) => {
    const chosen = where === null ? rows ?? [] : (rows ?? []).filter(where);
    const placed = chosen.map((row) => [blank(key(row)) ? null : String(key(row)), row]);
    const number = (text) => /^\d+$/.test(text);
    placed.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
      return number(a) && number(b) ? Number(a) - Number(b) : order(a, b);
    });
    const values = placed.map(([, row]) => value(row));
    if (op === "join") return held(values.filter((x) => x !== null).join(separator));
    return values.length === 0 ? null : values[op === "first" ? 0 : values.length - 1];
  };

  return {
    i: (x) => (blank(x) ? null : typeof x === "bigint" ? x : BigInt(x)),
    f: (x) => (blank(x) ? null : Number(x)),
    t: (x) => (blank(x) ? null : String(x)),
    b: (x) => (blank(x) ? null : x === true || x === 1),
    d: (x) => (blank(x) ? null : String(x).slice(0, 10)),
    m: (x) => {
      if (blank(x)) return null;
      const whole = String(x).replace("T", " ").replace(/Z|\+00:00$/, "");
      const seconds = whole.length === 16 ? `${whole}:00` : whole;
      return seconds.length === 19 ? `${seconds}.000000` : seconds.slice(0, 26).padEnd(26, "0");
    },
    c: (x) => (blank(x) ? null : `${x}${x.length === 5 ? ":00" : ""}`.padEnd(9, ".").padEnd(15, "0")),
    a: (x) => (blank(x) ? null : x),
    eq: (a, b) => a === b,
    ne: (a, b) => a !== b,
    lt: test((a, b) => order(a, b) < 0),
    le: test((a, b) => order(a, b) <= 0),
    gt: test((a, b) => order(a, b) > 0),
    ge: test((a, b) => order(a, b) >= 0),
    among: (x, list) => x !== null && (list ?? []).includes(x),
    has: (x, codes, every) => x !== null && (every ? codes.every((c) => x.includes(c)) : codes.some((c) => x.includes(c))),
    min: (...args) => extreme(args, -1),
    max: (...args) => extreme(args, 1),
    gather,
    ordered,
    kept,
    add: strict((a, b) => a + b),
    subtract: strict((a, b) => a - b),
    multiply: strict((a, b) => a * b),
    int: (a) => a,
    negate: strict((a) => -a),
    absolute: strict(abs),
    sign: strict((a) => (a > 0n ? 1n : a < 0n ? -1n : 0n)),
    multiply_round: strict((a, b, d) => roundDiv(a * b, d)),
    divide_round: strict((a, b, k) => (b === 0n ? null : roundDiv(a * k, b))),
    modulo: strict((a, b) => (b === 0n ? null : floorMod(a, b))),
    floor_divide: strict((a, b) => (b === 0n ? null : floorDiv(a, b))),
    ceil_divide: strict((a, b) => (b === 0n ? null : -floorDiv(-a, b))),
    trunc_divide: strict((a, b) => (b === 0n ? null : a / b)),
    round_half: strict((a, s, n) => rounded(a, s, n, roundDiv)),
    round_up: strict((a, s, n) => rounded(a, s, n, (size, unit) => (size + unit - 1n) / unit)),
    round_down: strict((a, s, n) => rounded(a, s, n, (size, unit) => size / unit)),
    float_add: strict((a, b) => finite(a + b)),
    float_subtract: strict((a, b) => finite(a - b)),
    float_multiply: strict((a, b) => finite(a * b)),
    float_divide: strict((a, b) => (b === 0 ? null : finite(a / b))),
    float_modulo: strict((a, b) => (b === 0 || Math.max(Math.abs(a), Math.abs(b)) >= 8e307 ? null : finite(a - b * Math.floor(a / b)))),
    float_negate: strict((a) => finite(-a)),
    float_absolute: strict((a) => Math.abs(a)),
    float_sign: strict((a) => (a > 0 ? 1n : a < 0 ? -1n : 0n)),
    float_round: strict((a, n) => {
      const digits = Number(n > 15n ? 15n : n < -15n ? -15n : n), power = Number(`1e${Math.abs(digits)}`);
      const shifted = digits >= 0 ? Math.abs(a) * power : Math.abs(a) / power;
      if (!Number.isFinite(shifted)) return a;
      const rounded = Math.floor(shifted + 0.5), result = digits >= 0 ? rounded / power : rounded * power;
      return finite(a < 0 ? -result : result);
    }),
    float_floor: strict((a) => whole(BigInt(Math.floor(a)))),
    float_ceil: strict((a) => whole(BigInt(Math.ceil(a)))),
    float_trunc: strict((a) => whole(BigInt(Math.trunc(a)))),
    to_float: strict((a, d) => Number(a) / Number(d)),
    to_decimal: strict((a, k) => {
      const shifted = Math.abs(a) * Number(k);
      if (!Number.isFinite(shifted)) return null;
      const rounded = BigInt(Math.floor(shifted + 0.5));
      return whole(a >= 0 ? rounded : -rounded);
    }),
    square_root: strict((a) => (a < 0 ? null : twelve(Math.sqrt(a)))),
    exponential: strict((a) => (Math.abs(a) <= 600 ? twelve(Math.exp(a)) : a < 0 ? 0 : null)),
    logarithm: strict((a) => (a <= 0 ? null : twelve(Math.log(a)))),
    logarithm_ten: strict((a) => (a <= 0 ? null : twelve(Math.log10(a)))),
    power: strict((a, b) => {
      if (Math.abs(b) > 64 || (a < 0 && b !== Math.floor(b)) || (a === 0 && b < 0)) return null;
      return a !== 0 && Math.abs(b * Math.log(Math.abs(a))) > 600 ? null : twelve(a ** b);
    }),
    length: strict((s) => BigInt(points(s).length)),
    lower: strict((s) => s.toLowerCase()),
    upper: strict((s) => s.toUpperCase()),
    trim: strict((s) => s.replace(/^[ \t\n\r\u3000]+|[ \t\n\r\u3000]+$/g, "") || null),
    left: strict((s, n) => (n > 0n ? points(s).slice(0, small(n, 1000000)).join("") : null)),
    right: strict((s, n) => (n > 0n ? points(s).slice(-small(n, 1000000)).join("") : null)),
    mid: strict((s, at, n) => (at >= 1n && n > 0n ? points(s).slice(small(at, 1000000) - 1, small(at, 1000000) - 1 + small(n, 1000000)).join("") || null : null)),
    concat: (...args) => held(args.filter((x) => x !== null).join("")),
    join: (separator, ...texts) => (separator === null ? null : held(texts.filter((x) => x !== null).join(separator))),
    join_choices: strict((codes, labels, language, separator) => {
      const label = (code) => (Object.hasOwn(labelsOf(labels), code) ? labelsOf(labels)[code][language === "zh" ? 1 : 0] : code);
      return held(codes.map(label).join(separator));
    }),
    find: strict((s, part) => {
      const at = s.indexOf(part);
      return at < 0 ? 0n : BigInt(points(s.slice(0, at)).length + 1);
    }),
    replace: strict((s, a, b) => held(s.split(a).join(b))),
    remove: strict((s, a) => s.split(a).join("") || null),
    pad_left: strict((s, n, filler) => padding(s, n, filler, true)),
    pad_right: strict((s, n, filler) => padding(s, n, filler, false)),
    contains: test((s, part) => s.includes(part)),
    starts: test((s, part) => s.startsWith(part)),
    ends: test((s, part) => s.endsWith(part)),
    matches: test((s, pattern) => found(automaton(pattern), points(s))),
    format_number: strict((x, places, grouped, percent) => {
      const digits = String(abs(x)).padStart(Number(places) + 1, "0"), at = digits.length - Number(places);
      const whole = grouped ? digits.slice(0, at).replace(/\B(?=(\d{3})+$)/g, ",") : digits.slice(0, at);
      return `${x < 0n ? "-" : ""}${whole}${places > 0n ? `.${digits.slice(at)}` : ""}${percent ? "%" : ""}`;
    }),
    format_float: strict((x) => {
      const [, sign, whole, fraction = "", exponent = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(x));
      const digits = whole + fraction, point = whole.length + Number(exponent);
      if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
      return sign + (point >= digits.length ? digits + "0".repeat(point - digits.length) : `${digits.slice(0, point)}.${digits.slice(point)}`);
    }),
    weekday_name: strict((d, language) => {
      const names = language === "zh" ? ["周一", "周二", "周三", "周四", "周五", "周六", "周日"] : ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
      return names[weekday(d) - 1];
    }),
    label: strict((code, labels, language) => (Object.hasOwn(labelsOf(labels), code) ? labelsOf(labels)[code][language === "zh" ? 1 : 0] : code)),
    money_upper: strict((cents) => {
      const digits = String(abs(cents) / 100n), rest = Number(abs(cents) % 100n), figures = "零壹贰叁肆伍陆柒捌玖";
      const places = ["", "拾", "佰", "仟", "万", "拾", "佰", "仟", "亿", "拾", "佰", "仟", "万", "拾", "佰", "仟"];
      if (digits.length > places.length) return null;
      let words = [...digits].map((digit, at) => figures[digit] + places[digits.length - 1 - at]).join("");
      for (const [pattern, by] of [[/零[拾佰仟]/g, "零"], [/零+/g, "零"], [/零万/g, "万"], [/零亿/g, "亿"], [/亿万/g, "亿"], [/零+$/g, ""]]) {
        words = words.replace(pattern, by);
      }
      const tenths = Math.floor(rest / 10), last = rest % 10;
      let text = words !== "" ? `${words}元` : rest === 0 ? "零元" : "";
      text += tenths > 0 ? `${figures[tenths]}角` : words !== "" && last > 0 ? "零" : "";
      return `${cents < 0n ? "负" : ""}${text}${last > 0 ? `${figures[last]}分` : "整"}`;
    }),
    similar: strict((one, other) => {
      const pairs = (text) => {
        const each = points(text), found = new Map();
        for (let at = 0; at + 1 < each.length; at += 1) found.set(each[at] + each[at + 1], (found.get(each[at] + each[at + 1]) ?? 0) + 1);
        return found;
      };
      const first = pairs(one), second = pairs(other), count = (found) => [...found.values()].reduce((sum, n) => sum + n, 0);
      const total = count(first) + count(second);
      if (total === 0) return one === other ? 10000n : 0n;
      let both = 0;
      for (const [pair, times] of first) both += Math.min(times, second.get(pair) ?? 0);
      return roundDiv(BigInt(2 * both * 10000), BigInt(total));
    }),
    format_date: strict(dateText),
    format_moment: strict((m, form, zone) => {
      const at = fromMicros(toLocal(micros(m), zone));
      if (at === null) return null;
      return form === "HH:mm" ? at.slice(11, 16) : form === "yyyy-MM-dd HH:mm" ? at.slice(0, 16) : dateText(at.slice(0, 10), form);
    }),
    parse_number: strict((s) => {
      if (!/^[+-]?[0-9]{1,12}(\.[0-9]{1,6})?$/.test(s)) return null;
      const [whole, fraction = ""] = s.replace(/^[+-]/, "").split(".");
      const value = BigInt(whole + fraction.padEnd(6, "0"));
      return s.startsWith("-") ? -value : value;
    }),
    date_add: strict((d, n) => (abs(n) > SPAN ? null : fromOrdinal(ordinal(d) + Number(floorDiv(n, DAY))))),
    date_add_months: strict((d, n) => shiftMonths(...parts(d), n)),
    date_difference: strict((a, b) => BigInt(ordinal(a) - ordinal(b))),
    moment_add: strict((m, n) => (abs(n) > SPAN ? null : fromMicros(micros(m) + n * 1000000n))),
    moment_add_months: strict((m, n, zone) => {
      const at = fromMicros(toLocal(micros(m), zone));
      const day = at === null ? null : shiftMonths(...parts(at), n);
      return day === null ? null : fromMicros(toUtc(micros(day + at.slice(10)), zone));
    }),
    moment_difference: strict((a, b) => floorDiv(micros(a) - micros(b), 1000000n)),
    moment_date: strict((m, zone) => fromMicros(toLocal(micros(m), zone))?.slice(0, 10) ?? null),
    date_moment: strict((d, zone) => fromMicros(toUtc(micros(`${d} 00:00:00.000000`), zone))),
    make_date: strict((y, m, d) => {
      if (y < 1n || y > 9999n || m < 1n || m > 12n || d < 1n || d > BigInt(monthDays(Number(y), Number(m)))) return null;
      return text(y, m, d);
    }),
    make_moment: strict((d, h, minute, zone) => {
      if (h < 0n || h > 23n || minute < 0n || minute > 59n) return null;
      return fromMicros(toUtc(micros(`${d} ${pad(h, 2)}:${pad(minute, 2)}:00.000000`), zone));
    }),
    hour_start: strict((m, zone) => {
      const at = micros(m), wall = toLocal(at, zone);
      return fromMicros(wall) === null ? null : fromMicros(at - floorMod(wall, 3600000000n));
    }),
    is_workday: test((d, calendar) => calendarOf(calendar)(ordinal(d)) > calendarOf(calendar)(ordinal(d) - 1)),
    add_workdays: strict(addWorkdays),
    workdays_between: strict((a, b, calendar) => BigInt(calendarOf(calendar)(ordinal(b)) - calendarOf(calendar)(ordinal(a)))),
    moment_add_workdays: strict((m, n, zone, calendar) => {
      const at = fromMicros(toLocal(micros(m), zone)), day = at === null ? null : addWorkdays(at.slice(0, 10), n, calendar);
      return day === null ? null : fromMicros(toUtc(micros(day + at.slice(10)), zone));
    }),
    rate_at: strict((d, rates) => {
      const known = ratesOf(rates), place = upTo(known.map(([day]) => day), d);
      return place > 0 ? BigInt(known[place - 1][1]) : null;
    }),
    year: strict((d) => BigInt(parts(d)[0])),
    month: strict((d) => BigInt(parts(d)[1])),
    day: strict((d) => BigInt(parts(d)[2])),
    weekday: strict((d) => BigInt(weekday(d))),
    quarter: strict((d) => BigInt(Math.floor((parts(d)[1] + 2) / 3))),
    iso_week: strict(isoWeek),
    hour: strict((m, zone) => local(m, zone, 11, 13)),
    minute: strict((m, zone) => local(m, zone, 14, 16)),
    months_between: strict((a, b) => {
      const [ya, ma, da] = parts(a), [yb, mb, db] = parts(b);
      const months = (yb - ya) * 12 + mb - ma;
      if (months > 0 && db < da && db < monthDays(yb, mb)) return BigInt(months - 1);
      return BigInt(months < 0 && db > da && da < monthDays(ya, ma) ? months + 1 : months);
    }),
    start_of: strict(start),
    end_of: strict(end),
  };
})();
