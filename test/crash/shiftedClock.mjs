// Loaded before chatd: its clock is `CLOCK_SHIFT` ms from the machine's.
const shift = Number(process.env['CLOCK_SHIFT'] ?? 0)
const now = Date.now
Date.now = () => now() + shift
