using Spectre.Console;

namespace Mlorq.Cli.Display;

/// <summary>Tables in one style; cells are taken literally.</summary>
internal static class Tables
{
    public static Table Create(string title, params string[] columns)
    {
        var table = new Table { Border = TableBorder.Simple, ShowHeaders = columns.Any(c => c.Length > 0) };
        if (title.Length > 0) table.Title = new TableTitle(Markup.Escape(title));
        foreach (var column in columns) table.AddColumn(new TableColumn(Markup.Escape(column)) { NoWrap = false });
        return table;
    }

    /// <summary>Columns from this one on hold numbers.</summary>
    public static Table NumbersFrom(this Table table, int column)
    {
        for (var i = column; i < table.Columns.Count; i++) table.Columns[i].Alignment = Justify.Right;
        return table;
    }

    public static Table Row(this Table table, params string[] cells) => table.AddRow(cells.Select(c => new Text(c)).ToArray());
}
