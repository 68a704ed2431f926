using System.Security.Cryptography;
using System.Text;

namespace Mlorq;

/// <summary>16 hexadecimal digits of a text's SHA-256: by them plans and tables are named.</summary>
internal static class ShortHash
{
    public static string Of(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
}
