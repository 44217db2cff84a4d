/** SHA-256 for scripts that may not wait: browsers' own digests only come later, and an old one has none. */

/** Declares `sha256(text)` in ECMAScript 5: the digest of a text's UTF-8 in BASE64URL (FIPS 180-4 §6.2). It throws for half a surrogate pair. */
export const SHA_256_SCRIPT = `  var ROUNDS = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2];
  var DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  function turn(word, bits) { return (word >>> bits) | (word << (32 - bits)); }
  // the text's bytes as words, a one behind them, and the length in bits at the end of the last block
  function pad(bytes) {
    var words = [], length = bytes.length, i;
    var size = (((length + 8) >> 6) + 1) * 16;
    for (i = 0; i < size; i++) words[i] = 0;
    for (i = 0; i < length; i++) words[i >> 2] |= bytes.charCodeAt(i) << (24 - 8 * (i % 4));
    words[length >> 2] |= 0x80 << (24 - 8 * (length % 4));
    words[size - 1] = length * 8;
    return words;
  }
  function addBlock(hash, words, start) {
    var w = [], s = hash.slice(0), t;
    for (t = 0; t < 64; t++) {
      if (t < 16) w[t] = words[start + t];
      else {
        var x = w[t - 15], y = w[t - 2];
        var low = turn(x, 7) ^ turn(x, 18) ^ (x >>> 3), high = turn(y, 17) ^ turn(y, 19) ^ (y >>> 10);
        w[t] = (w[t - 16] + low + w[t - 7] + high) | 0;
      }
      var a = s[0], e = s[4];
      var one = s[7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & s[5]) ^ (~e & s[6])) + ROUNDS[t] + w[t];
      var two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
      s = [(one + two) | 0, a, s[1], s[2], (s[3] + one) | 0, e, s[5], s[6]];
    }
    for (t = 0; t < 8; t++) hash[t] = (hash[t] + s[t]) | 0;
  }
  function sha256(text) {
    var hash = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
    var words = pad(unescape(encodeURIComponent(text))), result = "", i;
    for (i = 0; i < words.length; i += 16) addBlock(hash, words, i);
    // six bits a digit: 256 of them and two zeros
    for (i = 0; i < 258; i += 6) {
      var pair = (hash[i >> 5] << (i % 32)) | (i % 32 > 26 ? hash[(i >> 5) + 1] >>> (32 - i % 32) : 0);
      result += DIGITS.charAt(pair >>> 26);
    }
    return result;
  }`;
