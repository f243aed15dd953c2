class Service {
  void orders(java.sql.Statement statement, String symbol) throws Exception {
    // ruleid: java-sql-from-text
    statement.executeQuery("select * from orders where symbol = '" + symbol + "'");
    // ok: java-sql-from-text
    connection.prepareStatement("select * from orders where symbol = ?");
    // ruleid: java-command-from-text
    Runtime.getRuntime().exec("tar xf " + symbol);
    // ok: java-command-from-text
    new ProcessBuilder("tar", "xf", symbol);
    // ruleid: java-objects-from-outside
    Object order = new ObjectInputStream(socket.getInputStream()).readObject();
    // ruleid: java-tls-unverified
    client.setHostnameVerifier((host, session) -> true);
    // ok: java-tls-unverified
    client.setHostnameVerifier(verifier);
  }
}
