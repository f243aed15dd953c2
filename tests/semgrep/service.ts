import * as child_process from "child_process";
// ruleid: javascript-command-from-text
child_process.exec(`tar xf ${name}`);
// ruleid: javascript-command-from-text
execSync("tar xf " + name);
// ok: javascript-command-from-text
child_process.execFile("tar", ["xf", name]);
// ok: javascript-command-from-text
const found = pattern.exec(`${line}`.length + suffix);

// ruleid: javascript-code-from-text
eval(body);
// ok: javascript-code-from-text
eval("1 + 1");

// ruleid: javascript-tls-unverified
const agent = new https.Agent({ keepAlive: true, rejectUnauthorized: false });
// ok: javascript-tls-unverified
const safe = new https.Agent({ ca: authority });

// ruleid: javascript-sql-from-text
db.query(`select * from orders where id = ${id}`);
// ok: javascript-sql-from-text
db.query("select * from orders where id = $1", [id]);

// ruleid: javascript-markup-from-text
element.innerHTML = comment;
// ok: javascript-markup-from-text
element.innerHTML = "<b>ready</b>";
// ok: javascript-markup-from-text
element.textContent = comment;

// ruleid: javascript-jwt-unverified
jwt.verify(token, key, { algorithms: ["HS256", "none"] });
// ok: javascript-jwt-unverified
jwt.verify(token, key, { algorithms: ["HS256"] });

// ruleid: javascript-guessable-token
const sessionToken = Math.random().toString(36);
// ok: javascript-guessable-token
const jitter = Math.random();
