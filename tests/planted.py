"""A repository full of files that must not be in one: what each kind looks like, with made-up values."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

from fakes import fake


def files() -> Mapping[str, str]:
    """Path -> content, a kind of file each."""
    word, key, aws = fake("password"), fake("private-key"), fake("aws-key")
    coded = base64.b64encode(f"desk:{word}".encode()).decode()
    login = {"host": "files.desk.io", "user": "desk", "password": word}
    return {
        ".env": f"BROKER_PASSWORD={word}\n",
        "deploy/.env.production": f"BROKER_PASSWORD={word}\n",
        "home/.netrc": f"machine api.desk.io login desk password {word}\n",
        "home/.pgpass": f"db.desk.io:5432:orders:desk:{word}\n",
        "home/.my.cnf": f"[client]\nuser = desk\npassword = {word}\n",
        "web/.htpasswd": f"desk:$apr1$x1y2z3a4${word}\n",
        "home/.git-credentials": f"https://desk:{word}@git.desk.io\n",
        "home/.dockercfg": json.dumps({"registry.desk.io": {"auth": coded}}),
        "home/.docker/config.json": json.dumps({"auths": {"registry.desk.io": {"auth": coded}}}),
        "home/.pypirc": f"[internal]\nusername = desk\npassword = {word}\n",
        "home/.npmrc": f"//npm.desk.io/:_password={base64.b64encode(word.encode()).decode()}\n",
        "home/.cargo/credentials.toml": f'[registry]\ntoken = "{word}"\n',
        "home/.gem/credentials": f"---\n:desk: {word}\n",
        "home/.m2/settings.xml": f"<settings><servers><server><id>desk</id><password>{word}</password></server></servers></settings>\n",
        "gradle.properties": f"signing.password={word}\n",
        "nuget.config": f'<configuration><add key="ClearTextPassword" value="{word}" /></configuration>\n',
        "home/.aws/credentials": f"[default]\naws_access_key_id = {aws}\n",
        "downloads/desk_accessKeys.csv": f"Access key ID,Secret access key\n{aws},{word}\n",
        "home/.boto": f"[Credentials]\ngs_secret_access_key = {word}\n",
        "home/.s3cfg": f"[default]\nsecret_key = {word}\n",
        "home/.config/rclone/rclone.conf": f"[desk]\ntype = sftp\npass = {word}\n",
        "gcp/application_default_credentials.json": json.dumps({"type": "authorized_user", "refresh_token": word}),
        "gcp/credentials.json": json.dumps({"type": "service_account", "private_key": key}),
        "home/.kube/config": f"users:\n- name: desk\n  user:\n    password: {word}\n",
        "home/.vault-token": f"{word}\n",
        "ansible/.vault_pass": f"{word}\n",
        "infra/terraform.tfstate": json.dumps({"version": 4, "resources": [{"instances": [{"attributes": {"password": word}}]}]}),
        "infra/production.tfvars": f'db_password = "{word}"\n',
        "home/.terraform.d/credentials.tfrc.json": json.dumps({"credentials": {"app.terraform.io": {"token": word}}}),
        "app/.streamlit/secrets.toml": f'key = "{word}"\n',
        "rails/config/master.key": f"{word}\n",
        "rails/config/database.yml": f"production:\n  adapter: postgresql\n  password: {word}\n",
        "wordpress/wp-config.php": f"<?php define('DB_PASSWORD', '{word}');\n",
        "spring/application.properties": f"spring.datasource.password={word}\n",
        "dotnet/appsettings.json": json.dumps({"ConnectionStrings": {"orders": f"Server=db.desk.io;User Id=desk;Password={word};"}}),
        "tomcat/tomcat-users.xml": f'<tomcat-users><user username="desk" password="{word}" roles="manager"/></tomcat-users>\n',
        "docker-compose.yml": f"services:\n  db:\n    image: postgres\n    environment:\n      POSTGRES_PASSWORD: {word}\n",
        "redis/redis.conf": f"requirepass {word}\n",
        "home/.ssh/id_rsa": key,
        "home/.ssh/id_ed25519": key.replace("RSA", "OPENSSH"),
        "tls/server.pem": key,
        "home/desk.ppk": f"PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 1\n{word}\n",
        "tls/client.p12": f"\x30\x82{word}",
        "java/service.jks": f"\xfe\xed{word}",
        "kerberos/desk.keytab": f"\x05\x02{word}",
        "safe/desk.kdbx": f"\x03\xd9{word}",
        "vpn/desk.ovpn": f"client\n<key>\n{key}</key>\n",
        "home/.mozilla/logins.json": json.dumps({"logins": [{"encryptedPassword": coded}]}),
        "filezilla/sitemanager.xml": f"<FileZilla3><Pass encoding='base64'>{coded}</Pass></FileZilla3>\n",
        ".vscode/sftp.json": json.dumps(login),
        ".remote-sync.json": json.dumps(login),
        ".idea/WebServers.xml": f'<webServer><fileTransfer host="files.desk.io" password="{word}" /></webServer>\n',
        "home/.bash_history": f"mysql -u desk -p{word}\n",
        "home/.bashrc": f"export BROKER_PASSWORD='{word}'\n",
        "home/.msmtprc": f"account desk\nuser desk\npassword {word}\n",
        "home/.gitconfig": f"[remote]\n\turl = https://desk:{word}@git.desk.io/orders\n",
        "home/.config/pip/pip.conf": f"[global]\nindex-url = https://desk:{word}@packages.desk.io/simple\n",
        "ibc/config.ini": f"IbLoginId=desk\nIbPassword={word}\n",
        "freqtrade/config.json": json.dumps({"exchange": {"name": "bybit", "password": word}}),
        "jenkins/credentials.xml": f"<entry><username>desk</username><secret>{word}</secret></entry>\n",
        "wireguard/wg0.conf": f"[Interface]\nPrivateKey = {base64.b64encode(word.encode() + b'0123456789ab').decode()}\n",
    }


CLEAN = {
    ".env.example": "BROKER_PASSWORD=\n",
    ".env.sample": "BROKER_PASSWORD=changeme\n",
    "config/settings.yml": "password: ${BROKER_PASSWORD}\ntoken: '{{ vault_token }}'\npassword_file: /run/secrets/broker\n",
    "docker-compose.yml": "services:\n  db:\n    environment:\n      POSTGRES_PASSWORD_FILE: /run/secrets/db\n      PASSWORD: ${DB_PASSWORD:?set it}\n",
    "package.json": '{"dependencies": {"pbkdf2-password": "1.2.1"}}\n',
    "locales/de.json": '{"password": "Passwort", "forgot_password": "Vergessen?"}\n',
    "setup.cfg": "[options.entry_points]\nplugins =\n    hardcoded_password = plugins.general:hardcoded_password\n",
    "openapi.yml": "properties:\n  password:\n    type: string\n",
    "k8s/deployment.yml": "env:\n- name: PASSWORD\n  valueFrom:\n    secretKeyRef: {name: db, key: password}\n",
    "tls/server.crt": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "home/.ssh/id_rsa.pub": "ssh-rsa AAAA desk\n",
    "values.schema.json": '{"properties": {"password": {"default": "none-yet-1"}}}\n',
    "application.properties": "spring.datasource.password=${DB_PASSWORD}\nspring.security.password-encoder=bcrypt\n",
}
"""What looks like it and holds nothing."""
