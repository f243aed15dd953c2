import flask, jwt, sqlite3, subprocess, random, hmac
from flask import request
# ruleid: python-jwt-unverified
jwt.decode(t, k, options={"verify_signature": False})
# ok: python-jwt-unverified
jwt.decode(t, k, algorithms=["HS256"])

def orders(cursor):
    symbol = request.args["symbol"]
    # ruleid: python-sql-from-request
    cursor.execute(f"select * from orders where symbol = '{symbol}'")
    # ok: python-sql-from-request
    cursor.execute("select * from orders where symbol = ?", (symbol,))
    number = int(request.args["n"])
    # ok: python-sql-from-request
    cursor.execute(f"select {number}")

@app.get("/orders/{symbol}")
async def one(symbol: str, cursor):
    # ruleid: python-sql-from-request
    cursor.execute("select * from orders where symbol = " + symbol)

def run():
    # ruleid: python-command-from-request
    subprocess.run("echo " + request.json["name"], shell=True)
    # ruleid: python-path-from-request
    open("/data/" + request.args["f"])
    # ruleid: python-address-from-request
    requests.get(request.args["url"])


def tokens():
    # ruleid: python-guessable-token
    session_token = "".join(random.choice(letters) for _ in range(32))
    # ok: python-guessable-token
    price = random.random()
    # ok: python-guessable-token
    token = secrets.token_urlsafe()


def verify(body, given):
    # ruleid: python-signature-compared-byte-by-byte
    if hmac.new(key, body, "sha256").hexdigest() == given:
        return True
    # ok: python-signature-compared-byte-by-byte
    return hmac.compare_digest(hmac.new(key, body, "sha256").hexdigest(), given)


# ruleid: python-credentials-for-every-origin
app.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)
# ok: python-credentials-for-every-origin
app.add_middleware(CORSMiddleware, allow_origins=["https://desk.io"], allow_credentials=True)
