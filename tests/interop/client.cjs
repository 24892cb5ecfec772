// A device of somebody else's making, on loopback only: tells on standard output what it lives through.
"use strict";
const [modules, token, port, authority] = process.argv.slice(2);
const Blynk = require(modules + "/blynk-library");
const say = (what) => process.stdout.write(what + "\n");
console.log = () => {};
const connector = authority
    ? new Blynk.SslClient({addr: "localhost", port: Number(port), ca: [authority], servername: "localhost"})
    : new Blynk.TcpClient({addr: "127.0.0.1", port: Number(port)});
const device = new Blynk.Blynk(token, {connector, heartbeat: 10000});
device.on("connect", () => say("connect"));
device.on("disconnect", () => say("disconnect"));
device.on("error", (e) => say("error " + e));
