using Mlorq.Onnx;

namespace Mlorq;

/// <summary>A text that should be a budget is not one.</summary>
public sealed class BudgetFormatException : MlorqException
{
    /// <summary>Creates the exception for the text as it was given.</summary>
    public BudgetFormatException(string text)
        : base($"The budget '{text}' cannot be read. Write a file size (2.5MB, 3.5MiB, 800KB, 800KiB, 123456 or 123456B), "
            + "a compression ratio (8x) or an average number of bits per weight (3.5bits), each greater than zero "
            + "and with a point before the decimals.")
    {
        Text = text;
    }

    /// <summary>The text that could not be read.</summary>
    public string Text { get; }
}
